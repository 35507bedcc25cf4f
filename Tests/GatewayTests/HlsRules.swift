/// A strict reader of low-latency media playlists: it notes every breach of RFC 8216bis.
struct HlsRules {
    /// A part as it was read.
    struct Part: Equatable {
        var uri: String
        var duration: Double
        var isIndependent: Bool
    }

    /// A segment as it was read; without a name it is still growing.
    struct Segment: Equatable {
        var number: Int
        var uri: String?
        var duration = 0.0
        var map: String
        var isDiscontinuous: Bool
        var parts: [Part] = []
    }

    private(set) var violations: [String] = []
    private(set) var segments: [Segment] = []
    private(set) var target = 0
    private(set) var partTarget = 0.0
    private(set) var sequence = -1
    private(set) var discontinuitySequence = -1
    private(set) var hint: String?
    private(set) var isEnded = false
    private(set) var isIndependent = false
    private var control: [String: String] = [:]
    private var current: Segment?
    private var map: String?
    private var isBreak = false
    private var hasDate = false
    private var duration: Double?
    private var seen: [String: Int] = [:]
    private var uris: Set<String> = []

    /// Reads a playlist.
    init(_ text: String) {
        expect(text.hasSuffix("\n"), "the last line is not ended")
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        expect(lines.first == "#EXTM3U", "the first line is not #EXTM3U")
        for line in lines.dropFirst() { read(String(line)) }
        finish()
    }

    // MARK: Lines

    private mutating func read(_ line: String) {
        expect(hint == nil && !isEnded, "\(line) comes after the end")
        guard line.hasPrefix("#") else { return readURI(line) }
        let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
        let (tag, value) = (parts[0], parts.count > 1 ? parts[1] : "")
        seen[tag, default: 0] += 1
        switch tag {
        case "#EXT-X-VERSION": expect((Int(value) ?? 0) >= 9, "the version is \(value)")
        case "#EXT-X-TARGETDURATION": target = Int(value) ?? 0
        case "#EXT-X-SERVER-CONTROL": control = attributes(value)
        case "#EXT-X-PART-INF": partTarget = Double(attributes(value)["PART-TARGET"] ?? "") ?? 0
        case "#EXT-X-MEDIA-SEQUENCE":
            expect(segments.isEmpty && current == nil, "the sequence comes after a segment")
            sequence = Int(value) ?? -1
        case "#EXT-X-DISCONTINUITY-SEQUENCE":
            expect(segments.isEmpty && current == nil, "the sequence comes after a segment")
            discontinuitySequence = Int(value) ?? -1
        case "#EXT-X-INDEPENDENT-SEGMENTS": isIndependent = true
        case "#EXT-X-DISCONTINUITY": isBreak = true
        case "#EXT-X-MAP": map = quoted(attributes(value)["URI"])
        case "#EXT-X-PROGRAM-DATE-TIME":
            expect(value.count == 24 && value.hasSuffix("Z"), "\(value) is no date")
            hasDate = true
        case "#EXT-X-PART": readPart(attributes(value))
        case "#EXTINF":
            expect(value.hasSuffix(","), "EXTINF has no comma")
            duration = Double(value.dropLast())
        case "#EXT-X-PRELOAD-HINT":
            let attributes = attributes(value)
            expect(attributes["TYPE"] == "PART", "the hint is not for a part")
            hint = quoted(attributes["URI"])
            expect(hint.map { !uris.contains($0) } ?? false, "the hint names what is there")
        case "#EXT-X-ENDLIST": isEnded = true
        default: violations.append("\(tag) is not known here")
        }
    }

    private mutating func readPart(_ attributes: [String: String]) {
        open()
        let part = Part(
            uri: quoted(attributes["URI"]) ?? "",
            duration: Double(attributes["DURATION"] ?? "") ?? 0,
            isIndependent: attributes["INDEPENDENT"] == "YES"
        )
        expect(!part.uri.isEmpty && part.duration > 0, "a part without name or length")
        expect(uris.insert(part.uri).inserted, "\(part.uri) is named twice")
        current?.parts.append(part)
    }

    private mutating func readURI(_ uri: String) {
        guard let length = duration else {
            violations.append("\(uri) has no EXTINF")
            return
        }
        open()
        expect(uris.insert(uri).inserted, "\(uri) is named twice")
        current?.uri = uri
        current?.duration = length
        duration = nil
        close()
    }

    private mutating func open() {
        guard current == nil else { return }
        expect(map != nil, "a segment without EXT-X-MAP")
        expect(hasDate, "a segment without a date")
        if let last = segments.last, last.map != map { expect(isBreak, "a new map, no break") }
        current = Segment(
            number: sequence + segments.count,
            map: map ?? "",
            isDiscontinuous: isBreak
        )
        isBreak = false
        hasDate = false
    }

    private mutating func close() {
        guard let segment = current else { return }
        segments.append(segment)
        current = nil
    }

    // MARK: The whole

    private mutating func finish() {
        close()
        for tag in ["VERSION", "TARGETDURATION", "SERVER-CONTROL", "PART-INF", "MEDIA-SEQUENCE"] {
            expect(seen["#EXT-X-\(tag)"] == 1, "\(tag) is not there once")
        }
        expect(target > 0 && partTarget > 0 && sequence >= 0, "a number is missing")
        expect(discontinuitySequence >= 0, "the discontinuity sequence is missing")
        expect(control["CAN-BLOCK-RELOAD"] == "YES", "reloads are not blocked")
        let (hold, partHold) = (control["HOLD-BACK"], control["PART-HOLD-BACK"])
        expect((Double(hold ?? "") ?? 0) >= 3 * Double(target), "HOLD-BACK is too short")
        expect(
            (Double(partHold ?? "") ?? 0) >= 3 * partTarget - 1e-9,
            "PART-HOLD-BACK is too short"
        )
        expect(isEnded != (hint != nil), "there is a hint or an end, not both")
        for (place, segment) in segments.enumerated() { check(segment, at: place) }
        checkReach()
    }

    private mutating func check(_ segment: Segment, at place: Int) {
        let isLast = place == segments.count - 1
        expect(segment.uri != nil || isLast, "segment \(segment.number) is not complete")
        expect(segment.duration.rounded() <= Double(target), "\(segment.duration) s is too long")
        for (number, part) in segment.parts.enumerated() {
            expect(part.duration <= partTarget + 1e-9, "\(part.uri) is longer than the target")
            let isFinal = number == segment.parts.count - 1 && segment.uri != nil
            let isLong = part.duration >= 0.85 * partTarget
            expect(isLong || isFinal, "\(part.uri) is shorter than 85 % of the target")
        }
        let sum = segment.parts.reduce(0) { $0 + $1.duration }
        if segment.uri != nil, !segment.parts.isEmpty {
            expect(abs(sum - segment.duration) < 1e-3, "the parts are not the segment")
        }
        if isIndependent, let first = segment.parts.first {
            expect(first.isIndependent, "\(first.uri) is not independent")
        }
    }

    /// Parts must be named for the last three target durations (section 4.4.4.9).
    private mutating func checkReach() {
        var left = 3.0 * Double(target)
        for segment in segments.reversed() where left > 0 {
            expect(
                !segment.parts.isEmpty || left <= segment.duration,
                "a late segment has no parts"
            )
            left -= max(segment.duration, segment.parts.reduce(0) { $0 + $1.duration })
        }
    }

    /// What is wrong with a playlist as the successor of another (section 6.2.1).
    func violations(after old: HlsRules) -> [String] {
        var found = violations
        if target != old.target { found.append("the target duration has changed") }
        if sequence < old.sequence { found.append("the sequence goes back") }
        if partTarget < old.partTarget { found.append("the part target has shrunk") }
        for segment in old.segments {
            guard let own = segments.first(where: { $0.number == segment.number }) else {
                if segment.number >= sequence { found.append("\(segment.number) has gone") }
                continue
            }
            if segment.uri != nil, own.uri != segment.uri { found.append("a name has changed") }
            let isKept = zip(own.parts, segment.parts).allSatisfy { $0 == $1 }
            if !isKept { found.append("a part of \(segment.number) has changed") }
            if own.map != segment.map { found.append("a map has changed") }
        }
        let broken = old.segments.filter { $0.number > old.sequence && $0.number <= sequence }
            .count(where: \.isDiscontinuous)
        let expected = old.discontinuitySequence + broken
        if old.segments.contains(where: { $0.number == sequence }),
            discontinuitySequence != expected
        {
            found.append("the discontinuity sequence is \(discontinuitySequence), not \(expected)")
        }
        if sequence > old.sequence {
            let left = segments.reduce(0) { $0 + $1.duration }
            if left < 3 * Double(target) { found.append("too little is left") }
        }
        return found
    }

    // MARK: Attributes

    private func attributes(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        var rest = text[...]
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            var end = rest.firstIndex(of: ",") ?? rest.endIndex
            if rest.first == "\"", let close = rest.dropFirst().firstIndex(of: "\"") {
                end = rest.index(after: close)
            }
            result[name] = String(rest[..<end])
            rest = end < rest.endIndex ? rest[rest.index(after: end)...] : ""
        }
        return result
    }

    private func quoted(_ text: String?) -> String? {
        guard let text, text.count > 2, text.first == "\"", text.last == "\"" else { return nil }
        return String(text.dropFirst().dropLast())
    }

    private mutating func expect(_ condition: Bool, _ text: String) {
        if !condition { violations.append(text) }
    }
}
