import Basics
import Overlay
import Telemetry

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
        report.virtualS = (now - World.start).seconds
        report.datagrams = tallies.datagrams
        report.datagramsLost = tallies.lost + tallies.tailDrops
        report.immediateDeadlines = tallies.immediate
        report.violationCount = tallies.violationCount
        report.violations = tallies.violations
        fillSource(&report)
        fillViewers(&report)
        fillPlayback(&report)
        return report
    }

    private func fillSource(_ report: inout SimulationReport) {
        let source = machines[0]
        report.sourceLoad = source.peer?.snapshot(at: source.local(now)).sourceLoad
        let published = Double(programme.bytes.count)
        if published > 0 { report.sourceWireLoad = Double(source.wireOut) / published }
    }

    private func fillViewers(_ report: inout SimulationReport) {
        var duplicates: [Double] = []
        var fromPeers: [Double] = []
        for (number, index) in viewers.enumerated() {
            let machine = machines[index]
            guard let snapshot = machine.peer?.snapshot(at: machine.local(now)),
                let own = snapshot.peers.first(where: { $0.path == "self" })
            else { continue }
            report.rows.append(row(machine, number, own))
            report.rescued += own.rescued
            report.stalls += own.stalls
            if let share = snapshot.duplicates { duplicates.append(share) }
            if let share = snapshot.p2pShare { fromPeers.append(share) }
        }
        report.duplicates = mean(duplicates)
        report.p2pShare = mean(fromPeers)
        report.farShare = mean(report.rows.compactMap(\.farShare))
        report.continuity = Spread(of: report.rows.map { $0.continuity ?? 0 })
        report.pictureContinuity = Spread(of: report.rows.map { $0.pictureContinuity ?? 0 })
        report.startupMs = Quantiles(of: report.rows.compactMap(\.startupMs))
        report.lagP95WorstMs = report.rows.compactMap(\.lagP95Ms).max()
        report.distinctParentsMin = report.rows.map(\.distinctParents).min()
    }

    private func row(_ machine: Machine, _ number: Int, _ own: PeerRow) -> ViewerRow {
        var row = ViewerRow()
        row.number = number
        row.continuity = own.continuity
        row.pictureContinuity = own.pictureContinuity
        row.farShare = own.farShare
        row.distinctParents = Set(own.parents.values).count
        row.wireBytesOut = machine.wireOut
        row.capExcess = machine.uploadCap == nil ? nil : machine.excessMax
        guard let viewing = machine.viewing else { return row }
        row.lagP95Ms = viewing.lags.quantile(0.95)
        row.startupMs = viewing.startedAt.map { ($0 - machine.joinedAt).milliseconds }
        row.bytesDelivered = viewing.bytesDelivered
        row.packetsSkipped = viewing.packetsSkipped
        row.discontinuities = viewing.discontinuities
        row.gapMs = viewing.startedAt == nil ? nil : viewing.gapMax.milliseconds
        return row
    }

    /// What the simulation itself saw of all viewers, those that have gone included.
    private func fillPlayback(_ report: inout SimulationReport) {
        var lags = Histogram()
        var delivered = 0
        for index in viewers {
            guard let viewing = machines[index].viewing else { continue }
            lags.add(viewing.lags)
            delivered += viewing.bytesDelivered
        }
        report.lagMs.p50 = lags.quantile(0.5)
        report.lagMs.p95 = lags.quantile(0.95)
        report.lagMs.p99 = lags.quantile(0.99)
        report.lagMs.worst = lags.quantile(1)
        if delivered > 0 {
            report.overhead = Double(tallies.wireBytes - delivered) / Double(delivered)
        }
        let staying = viewers.filter { !machines[$0].isGone }.compactMap { machines[$0].viewing }
        report.gapMs = staying.map(\.gapMax.milliseconds).max()
        report.recoveryMs = staying.map(\.recoveryMax.milliseconds).max()
        if faultAt == nil { report.recoveryMs = nil }
    }

    private func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}
