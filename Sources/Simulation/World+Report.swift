import Basics
import Overlay
import Telemetry
import Tracking

/// The report at the end.
extension World {
    /// What the cores reported, oldest first; only the latest are kept.
    public var events: [MachineEvent] { tallies.events.ordered }

    mutating func report() -> SimulationReport {
        var report = SimulationReport()
        report.seed = configuration.seed
        let digits = String(trace.hash, radix: 16)
        report.traceHash = String(repeating: "0", count: 16 - digits.count) + digits
        report.eventCount = trace.count
        report.viewers = viewers.count
        report.peers = viewers.count + 1
        report.virtualS = (now - World.start).seconds
        report.datagrams = tallies.datagrams
        report.datagramsLost = tallies.lost + tallies.tailDrops
        report.immediateDeadlines = tallies.immediate
        report.givenUp = tallies.givenUp
        report.relayedBytes = machines[trackerMachine].tracker?.relayedBytes
        report.violationCount = tallies.violationCount
        report.violations = tallies.violations
        report.timeline = timeline.samples
        report.happenings = tallies.happenings
        report.departed = departed
        fillSource(&report)
        fillViewers(&report)
        fillPlayback(&report)
        return report
    }

    private func fillSource(_ report: inout SimulationReport) {
        let source = machines[0]
        report.sourceLoad = source.peer?.outline(at: source.local(now)).sourceLoad
        let published = Double(programme.publishedBytes)
        if published > 0 { report.sourceWireLoad = Double(source.wireOut) / published }
    }

    private func fillViewers(_ report: inout SimulationReport) {
        var duplicates: [Double] = []
        var fromPeers: [Double] = []
        for index in viewers {
            let machine = machines[index]
            guard let snapshot = machine.peer?.outline(at: machine.local(now)),
                let row = row(of: machine, as: snapshot)
            else { continue }
            report.rows.append(row)
            report.rescued += row.rescued
            report.stalls += row.stalls
            if let share = snapshot.duplicates { duplicates.append(share) }
            if let share = snapshot.p2pShare { fromPeers.append(share) }
        }
        let rows = report.rows
        report.duplicates = mean(duplicates)
        report.p2pShare = mean(fromPeers)
        report.farShare = mean(rows.compactMap(\.farShare))
        report.stallRatio = mean(rows.compactMap(\.stallRatio))
        // Nothing in time is nothing in time; only who came at the very end cannot know.
        let late = publishesUntil - Inspector.startMax
        let settled = rows.filter { row in
            row.continuity != nil || machines[viewers[row.number]].joinedAt < late
        }
        report.continuity = Distribution(of: settled.map { $0.continuity ?? 0 })
        // Whoever went before anything was due has no continuity.
        report.continuityAll = Distribution(
            of: settled.map { $0.continuity ?? 0 } + departed.compactMap(\.continuity)
        )
        report.pictureContinuity = Distribution(of: settled.map { $0.pictureContinuity ?? 0 })
        report.startupMs = Quantiles(of: (rows + departed).compactMap(\.startupMs))
        report.lagP95WorstMs = rows.compactMap(\.lagP95Ms).max()
        report.distinctParentsMin = rows.map(\.distinctParents).min()
        report.gapMs = rows.compactMap(\.gapMs).max()
        if faultAt != nil { report.recoveryMs = Quantiles(of: rows.compactMap(\.recoveryMs)) }
        report.rateOfBound = rateOfBound(settled)
    }

    /// What is known of a viewer that is still there.
    func row(of machine: Machine) -> ViewerRow? {
        guard let snapshot = machine.peer?.outline(at: machine.local(now)) else { return nil }
        return row(of: machine, as: snapshot)
    }

    private func row(of machine: Machine, as snapshot: SwarmSnapshot) -> ViewerRow? {
        guard let own = snapshot.peers.first, let viewing = machine.viewing, let seat = machine.seat
        else { return nil }
        var row = ViewerRow()
        row.number = seat.number
        row.continuity = own.continuity
        row.pictureContinuity = own.pictureContinuity
        row.farShare = own.farShare
        row.stalls = own.stalls ?? 0
        row.rescued = own.rescued ?? 0
        row.distinctParents = Set(own.parents.values).count
        row.wireBytesOut = machine.wireOut
        row.capExcess = machine.uploadCap == nil ? nil : machine.excessMax
        row.lagP95Ms = viewing.lags.quantile(0.95)
        row.bytesDelivered = viewing.bytesDelivered
        row.packetsSkipped = viewing.packetsSkipped
        row.discontinuities = viewing.discontinuities
        guard let startedAt = viewing.startedAt else { return row }
        row.startupMs = (startedAt - machine.joinedAt).milliseconds
        row.gapMs = viewing.gapMax.milliseconds
        row.recoveryMs = viewing.recoveryMax.milliseconds
        let span = (min(now, publishesUntil) - startedAt).seconds
        guard span > 0 else { return row }
        row.stallRatio = min(1, viewing.stalled.seconds / span)
        row.goodputBps = Double(viewing.bytesDelivered) * 8 / span
        return row
    }

    /// What the simulation itself saw of all viewers, those that have gone included.
    private func fillPlayback(_ report: inout SimulationReport) {
        var lags = Histogram()
        var steadyLags = Histogram()
        var delivered = 0
        for index in viewers {
            guard let viewing = machines[index].viewing else { continue }
            lags.add(viewing.lags)
            steadyLags.add(viewing.steadyLags)
            delivered += viewing.bytesDelivered
        }
        report.lagMs = Quantiles(of: lags)
        report.lagCurve = lags.curve
        report.lagSteadyMs = Quantiles(of: steadyLags)
        report.continuitySteady = Distribution(
            of: viewers.compactMap {
                machines[$0].isGone ? nil : machines[$0].viewing?.continuitySteady
            }
        )
        if delivered > 0 {
            report.overhead = Double(tallies.wireBytes - delivered) / Double(delivered)
        }
        let last = timeline.samples.last { $0.depthMean != nil }
        report.depthMean = last?.depthMean
        report.depthMax = last?.depthMax
    }

    private func rateOfBound(_ rows: [ViewerRow]) -> Double? {
        guard let mean = mean(rows.map { $0.goodputBps ?? 0 }) else { return nil }
        var bound = Double(configuration.rate.bitsPerSecond)
        let source = machines[0].uploadLimit.map { Double($0.bitsPerSecond) } ?? .infinity
        let limits = viewers.filter { !machines[$0].isGone }.map { index in
            machines[index].uploadLimit.map { Double($0.bitsPerSecond) } ?? .infinity
        }
        bound = min(bound, source, limits.reduce(source, +) / Double(max(1, limits.count)))
        return bound > 0 ? min(1, mean / bound) : nil
    }

    private func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}

extension Quantiles {
    /// The quantiles of a histogram, in milliseconds; unknown when it is empty.
    fileprivate init(of spans: Histogram) {
        self.init()
        p50 = spans.quantile(0.5)
        p95 = spans.quantile(0.95)
        p99 = spans.quantile(0.99)
        worst = spans.quantile(1)
    }
}
