import Basics
import Telemetry
import Testing

@testable import Gateway

/// Reads the text format of Prometheus strictly and finds what `promtool check metrics` finds.
struct MetricsPage {
    /// One line with a value.
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var samples: [Sample] = []
    private(set) var faults: [String] = []
    private var kinds: [String: String] = [:]
    private var helped: Set<String> = []
    private var family = ""

    init(_ text: String) {
        if !text.hasSuffix("\n") { faults.append("the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# ") { readComment(line) } else { readSample(line) }
        }
        let doubles = Dictionary(grouping: samples, by: { "\($0.name)\($0.labels.sorted(by: <))" })
        faults += doubles.filter { $0.value.count > 1 }.map { "\($0.key) comes twice" }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }?.value
    }

    private mutating func readComment(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4 else { return faults.append("\(line)") }
        let name = String(words[2])
        switch words[1] {
        case "HELP":
            if !helped.insert(name).inserted { faults.append("\(name): HELP twice") }
            family = name
        case "TYPE":
            if family != name { faults.append("\(name): TYPE without HELP") }
            if kinds.updateValue(String(words[3]), forKey: name) != nil {
                faults.append("\(name): TYPE twice")
            }
            lint(name, String(words[3]))
        default: faults.append("\(line)")
        }
    }

    private mutating func lint(_ name: String, _ kind: String) {
        if !["gauge", "counter"].contains(kind) { faults.append("\(name): \(kind)") }
        if (kind == "counter") != name.hasSuffix("_total") { faults.append("\(name): a \(kind)") }
        let plain = name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
        if !plain { faults.append("\(name): characters") }
        let units = ["ms", "milliseconds", "bits", "bps", "kb", "percent", "minutes", "hours"]
        let words = name.split(separator: "_").map(String.init)
        if words.contains(where: units.contains) { faults.append("\(name): no base unit") }
        if words.contains(where: ["gauge", "counter"].contains) { faults.append("\(name): kind") }
        if !words.contains(where: { $0 == "total" }), name.hasSuffix("_count") {
            faults.append("\(name): ends like a histogram")
        }
    }

    private mutating func readSample(_ line: Substring) {
        guard let space = line.lastIndex(of: " "),
            let value = Self.number(line[space...].dropFirst())
        else { return faults.append("no value: \(line)") }
        let head = line[..<space]
        let name = head.prefix { $0 != "{" }
        guard name == family, kinds[String(name)] != nil else {
            return faults.append("\(name) stands in the family \(family)")
        }
        guard let labels = Self.labels(head.dropFirst(name.count)) else {
            return faults.append("labels: \(line)")
        }
        samples.append(Sample(name: String(name), labels: labels, value: value))
    }

    private static func number(_ text: Substring) -> Double? {
        text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text)
    }

    /// The labels between braces; nil when they break the grammar.
    private static func labels(_ text: Substring) -> [String: String]? {
        guard !text.isEmpty else { return [:] }
        guard text.first == "{", text.last == "}" else { return nil }
        var labels: [String: String] = [:]
        var rest = Array(text.dropFirst().dropLast().unicodeScalars)[...]
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "="),
                rest.dropFirst(equals + 1 - rest.startIndex).first == "\""
            else { return nil }
            let name = rest[..<equals].map(String.init).joined()
            rest = rest[(equals + 2)...]
            var value = ""
            while let next = rest.popFirst(), next != "\"" {
                guard next == "\\" else {
                    value.unicodeScalars.append(next)
                    continue
                }
                switch rest.popFirst() {
                case "n": value += "\n"
                case "\\": value += "\\"
                case "\"": value += "\""
                default: return nil
                }
            }
            guard labels.updateValue(value, forKey: name) == nil, name != "quantile" else {
                return nil
            }
            if let comma = rest.popFirst(), comma != "," || rest.isEmpty { return nil }
        }
        return labels
    }
}

@Suite("Metrics")
struct MetricsTests {
    /// A snapshot in which everything is known.
    private func fullSnapshot() -> SwarmSnapshot {
        var snapshot = sampleSnapshot()
        snapshot.channel = String(repeating: "ab", count: 20)
        snapshot.madeAt = WallClock.now
        snapshot.sourceLoad = 1.25
        snapshot.p2pShare = 0.875
        snapshot.lagMs = Quantiles(of: [800, 1_250])
        snapshot.viewers = 3
        var own = PeerRow()
        own.id = "00000000000000aa"
        own.role = "viewer"
        own.path = "self"
        own.lagMs = 812.5
        own.downBps = 3.2e6
        own.chunksDue = 1_000
        own.chunksInTime = 999
        own.rescued = 12
        snapshot.peers.append(own)
        var tracker = TrackerRow(place: "192.0.2.1:7000", state: "member")
        tracker.rttMs = 20
        snapshot.trackers = [tracker]
        return snapshot
    }

    private func page(_ snapshots: [SwarmSnapshot]) -> MetricsPage {
        let channels = snapshots.enumerated().map { index, snapshot in
            GatewayChannel(folder: "c\(index)", history: LiveHistory(), snapshot: { snapshot })
        }
        let metrics = GatewayMetrics(
            tally: GatewayTally(),
            connections: Connections(limits: GatewayLimits())
        )
        return MetricsPage(metrics.text(channels))
    }

    @Test("are in base units, each family once with its help and its type")
    func form() {
        var other = fullSnapshot()
        other.channel = String(repeating: "cd", count: 20)
        let page = page([fullSnapshot(), other, SwarmSnapshot()])
        #expect(page.faults == [])
        let channel = ["channel": "abababababababab"]
        #expect(page.value("candela_own_lag_seconds", channel) == 0.8125)
        #expect(page.value("candela_own_receive_bytes_per_second", channel) == 4e5)
        #expect(page.value("candela_media_bytes_per_second", channel) == 375_000)
        #expect(page.value("candela_own_chunks_rescued_total", channel) == 12)
        #expect(page.value("candela_lag_seconds", ["viewer": "p95"]) == 1.25)
        #expect(page.value("candela_tracker_round_trip_seconds") == 0.02)
        #expect(page.value("candela_viewers", ["channel": "cdcdcdcdcdcdcdcd"]) == 3)
        #expect((page.value("process_cpu_seconds_total") ?? 0) > 0)
        #expect((page.value("process_resident_memory_bytes") ?? 0) > 1e6)
        #expect((page.value("process_open_fds") ?? 0) > 2)
    }

    @Test("leave out what is unknown, never writing 0 for it")
    func unknown() {
        let page = page([SwarmSnapshot()])
        #expect(page.faults == [])
        #expect(page.value("candela_own_lag_seconds") == nil)
        #expect(page.value("candela_source_load_ratio") == nil)
        #expect(page.value("candela_live") == 0)
    }

    @Test("escape what a name may hold")
    func escapes() {
        var out = MetricsText()
        out.write("a", .gauge, "b\\c\nd", [.init(1.5, [("e", "f\\g\"h\ni")]), .init(Double.nan)])
        #expect(
            out.text == "# HELP a b\\\\c\\nd\n# TYPE a gauge\na{e=\"f\\\\g\\\"h\\ni\"} 1.5\n"
        )
        out.write("none", .gauge, "Nothing.", [.init(nil as Double?)])
        #expect(!out.text.contains("none"))
        out.write("x", .gauge, "Infinite.", [.init(Double.infinity), .init(-Double.infinity)])
        #expect(out.text.hasSuffix("x +Inf\nx -Inf\n"))
    }

    @Test("the Grafana dashboard asks only for measures that exist")
    func dashboard() throws {
        let known = Set(SwarmMeasures.families.map(\.name)).union([
            "candela_http_connections", "candela_http_responses_total", "candela_stream_readers",
            "candela_http_transmit_bytes_total", "candela_http_players_skipped_total",
            "candela_http_players_dropped_total", "candela_history_bytes",
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
        ])
        let text = try repositoryText("Config/grafana-dashboard.json")
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        let asked = Set(words.filter { $0.hasPrefix("candela_") || $0.hasPrefix("process_") })
        #expect(asked.count > 15)
        #expect(asked.subtracting(known) == [])
    }
}
