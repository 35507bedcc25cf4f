import Telemetry

/// Turns what a run has seen into figures.
struct SwarmVerdict {
    private let run: SwarmRun
    private let main: [ViewerTap]
    private let late: ViewerTap?
    private let figures: [ViewerFigures]

    init(_ run: SwarmRun) {
        self.run = run
        main = Array(run.taps.prefix(run.plan.viewers))
        late = run.taps.count > run.plan.viewers ? run.taps.last : nil
        let (taps, window) = (main, run.window)
        figures = run.feed.withStream { stream in
            taps.map { ViewerFigures($0, stream, from: window.start, to: window.end) }
        }
    }

    var result: BenchResult {
        var result = BenchResult("swarm")
        result["viewers"] = .count(run.plan.viewers)
        result["rate_bps"] = .count(Int(run.plan.bitsPerSecond))
        result["loss"] = .number(run.plan.lossPercent)
        result["seconds"] = .number(run.plan.seconds)
        addPlaying(to: &result)
        addCounters(to: &result)
        addLate(to: &result)
        let (first, last) = run.ledgers
        result["cpu_s"] = .number(last.swarm - first.swarm)
        result["harness_cpu_s"] = .number(last.harness - first.harness)
        result["machine_busy"] = .number(
            (last.busy - first.busy) / max(1, last.whole - first.whole)
        )
        return result
    }

    // MARK: What was handed over

    private enum Worst {
        case least, greatest
    }

    /// The median and the worst viewer of a figure.
    private func spread(_ values: [Double?], _ worst: Worst) -> BenchResult.Value {
        let known = values.compactMap { $0 }.sorted()
        var part = BenchResult()
        part["median"] = .number(known.isEmpty ? nil : known[known.count / 2])
        switch worst {
        case .least: part["worst"] = .number(known.first)
        case .greatest: part["worst"] = .number(known.last)
        }
        return .object(part)
    }

    private func addPlaying(to result: inout BenchResult) {
        result["continuity"] = spread(figures.map(\.continuity), .least)
        result["picture_continuity"] = spread(figures.map(\.pictureContinuity), .least)
        var lag = BenchResult()
        lag["p50"] = spread(figures.map(\.p50), .greatest)
        lag["p95"] = spread(figures.map(\.p95), .greatest)
        lag["p99"] = spread(figures.map(\.p99), .greatest)
        lag["max"] = spread(figures.map(\.longest), .greatest)
        result["lag_ms"] = .object(lag)
        result["gap_ms"] = spread(figures.map(\.gap), .greatest)
        result["stalled"] = .count(figures.count { $0.hasStalled })
        let mismatches = run.taps.reduce(0) { $0 + $1.mismatches }
        result["bytes_exact"] = .flag(mismatches == 0 && main.allSatisfy { $0.bytes > 0 })
        result["mismatches"] = .count(mismatches)
        result["jumps"] = .count(run.taps.reduce(0) { $0 + $1.jumps })
        result["died"] = .count(run.taps.count { $0.hasEnded })
        let starts = main.map { tap in
            tap.firstPictureAt.map { Double($0 - tap.startedAt) / 1e6 }
        }
        result["start_ms"] = spread(starts, .greatest)
    }

    // MARK: What the processes counted

    private func addCounters(to result: inout BenchResult) {
        let (first, last) = run.samples
        result["source_load"] = .number(
            SwarmSample.between(
                (first?.source?.sourceLoad, first?.places.published ?? 0),
                (last?.source?.sourceLoad, last?.places.published ?? 0)
            )
        )
        let isWhole = last.flatMap { swarm($0) }?.overhead != nil
        result["overhead"] = .number(isWhole ? swarmShare(\.overhead) : viewerShare(\.overhead))
        result["duplicates"] = .number(
            isWhole ? swarmShare(\.duplicates) : viewerShare(\.duplicates)
        )
        result["overhead_from"] = .text(
            isWhole ? "all that the members sent" : "what the viewers received"
        )
        result["far_share"] = .number(rowShare(\.farShare))
        let parents = [first, last].compactMap { $0?.parentsLeast(of: main.count) }
        result["parents_min"] = .count(parents.min())
        result["counters"] = .text("shares since the start, weighted to those of the window")
        var totals = BenchResult()
        totals["source_load"] = .number(last?.source?.sourceLoad)
        totals["overhead"] = .number(last.flatMap { swarm($0) }?.overhead)
        totals["duplicates"] = .number(last.flatMap { swarm($0) }?.duplicates)
        result["since_start"] = .object(totals)
    }

    /// The snapshot that covers the whole swarm: the tracker's, wherever it is.
    private func swarm(_ sample: SwarmSample) -> SwarmSnapshot? {
        run.plan.tracker == .embedded ? sample.source : sample.tracker
    }

    /// A share over all members, weighted with what all viewers have handed over.
    private func swarmShare(_ path: KeyPath<SwarmSnapshot, Double?>) -> Double? {
        func part(_ sample: SwarmSample?) -> (share: Double?, weight: Int) {
            (
                sample.flatMap { swarm($0)?[keyPath: path] },
                sample?.places.handedOver.reduce(0, +) ?? 0
            )
        }
        return SwarmSample.between(part(run.samples.first), part(run.samples.last))
    }

    /// The mean over the viewers of a share that each knows of itself.
    private func viewerShare(_ path: KeyPath<SwarmSnapshot, Double?>) -> Double? {
        mean { sample, viewer in
            viewer < sample.viewers.count ? sample.viewers[viewer]?[keyPath: path] : nil
        }
    }

    private func rowShare(_ path: KeyPath<PeerRow, Double?>) -> Double? {
        mean { sample, viewer in sample.row(viewer)?[keyPath: path] }
    }

    private func mean(_ share: (SwarmSample, Int) -> Double?) -> Double? {
        guard let first = run.samples.first, let last = run.samples.last else { return nil }
        func part(_ sample: SwarmSample, _ viewer: Int) -> (share: Double?, weight: Int) {
            let bytes = sample.places.handedOver
            return (share(sample, viewer), viewer < bytes.count ? bytes[viewer] : 0)
        }
        let values = main.indices.compactMap {
            SwarmSample.between(part(first, $0), part(last, $0))
        }
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    // MARK: The late one

    private func addLate(to result: inout BenchResult) {
        let first = late.flatMap { tap in
            tap.firstPictureAt.map { Double($0 - tap.startedAt) / 1e6 }
        }
        result["late_join_ms"] = .number(first)
        result["late_join_from_sent_ms"] = .number(run.samples.last?.row(main.count)?.startupMs)
        guard let late, let begun = late.firstPictureAt else { return }
        let end = run.window.end
        let own = run.feed.withStream { ViewerFigures(late, $0, from: begun, to: end) }
        result["late_continuity"] = .number(own.continuity)
    }
}
