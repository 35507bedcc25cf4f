public import Basics
import Paths
public import Telemetry
import Wire

/// What people see of a swarm at its tracker.
extension Tracker {
    /// The swarm of a channel; nil when the tracker does not know it.
    public func snapshot(of channel: ChannelID, at now: Instant) -> SwarmSnapshot? {
        guard let swarm = swarms.first(where: { $0.channel == channel }) else { return nil }
        return snapshot(swarm, at: now)
    }

    /// The swarm with the most members; nil while there is none.
    public func snapshot(at now: Instant) -> SwarmSnapshot? {
        let largest = swarms.max { $0.members.count < $1.members.count }
        return largest.map { snapshot($0, at: now) }
    }

    private func snapshot(_ swarm: Swarm, at now: Instant) -> SwarmSnapshot {
        var snapshot = SwarmSnapshot()
        snapshot.channel = swarm.channel.description
        snapshot.name = PrintableText.clean(swarm.record?.name ?? "")
        snapshot.madeAt = Double(now.nanoseconds) / 1e9
        snapshot.live = swarm.source != nil && swarm.mediaRate > 0
        snapshot.bitrateBps = swarm.mediaRate > 0 ? swarm.mediaRate : nil
        snapshot.uptimeS = (now - swarm.startedAt).seconds
        snapshot.viewers = swarm.viewerCount
        snapshot.stripes = swarm.record == nil ? nil : swarm.stripeCount
        let rows = swarm.members.map { row($0, at: now) }
        snapshot.tracking = trackingRow(at: now)
        snapshot.peers =
            rows.filter { $0.role == Role.source.name }
            + rows.filter { $0.role != Role.source.name }.sorted { $0.id < $1.id }
        snapshot.rescue = balanceRow(swarm)
        fillTotals(&snapshot, swarm)
        let viewers = rows.filter { $0.role == Role.viewer.name }
        snapshot.continuity = Spread(of: viewers.compactMap(\.continuity))
        snapshot.pictureContinuity = Spread(of: viewers.compactMap(\.pictureContinuity))
        snapshot.lagMs = Quantiles(of: viewers.compactMap(\.lagMs))
        snapshot.startupMs = Quantiles(of: viewers.compactMap(\.startupMs))
        snapshot.stalls = viewers.reduce(0) { $0 + ($1.stalls ?? 0) }
        snapshot.events = swarm.events.ordered.suffix(100).map(\.row)
        return snapshot
    }

    private func fillTotals(_ snapshot: inout SwarmSnapshot, _ swarm: Swarm) {
        let reports = swarm.members.compactMap { member in
            member.report.map { (member.role, $0) }
        }
        let viewers = reports.filter { $0.0 != .source }.map(\.1)
        let media = viewers.reduce(0.0) { $0 + Double($1.mediaBytesIn) }
        if let source = reports.first(where: { $0.0 == .source })?.1, source.mediaBytesIn > 0 {
            snapshot.sourceLoad = Double(source.mediaBytesOut) / Double(source.mediaBytesIn)
        }
        guard media > 0 else { return }
        let fromSource = viewers.reduce(0.0) { $0 + Double($1.mediaBytesFromSource) }
        snapshot.p2pShare = 1 - fromSource / media
        let wire = reports.reduce(0.0) { $0 + Double($1.1.wireBytesOut) }
        snapshot.overhead = (wire - media) / media
        let chunks = viewers.reduce(0.0) { $0 + Double($1.chunksIn) }
        let duplicates = viewers.reduce(0.0) { $0 + Double($1.duplicates) }
        if chunks > 0 { snapshot.duplicates = duplicates / chunks }
    }

    /// Wire bytes that it has passed on between members that could not meet.
    public var relayedBytes: Int { relays.bytes }

    /// What the tracker has done, and what it has dropped, for all channels.
    private func trackingRow(at now: Instant) -> TrackingRow {
        var row = TrackingRow()
        row.introductions = Int(clamping: introductionNumber)
        row.claimsIgnored = claimsIgnored
        row.refusedJoins = refusedJoins
        row.waiting = swarms.reduce(0) { $0 + $1.line.count }
        row.dropped = switchboard.drops.total + relays.refused
        row.violations = violations
        row.relays = relays.inUse(at: now)
        row.relayedDatagrams = relays.datagrams
        row.relayedBytes = relays.bytes
        row.relayOverCap = relays.overCap
        row.relayCapBps = Double(configuration.relayCap.bitsPerSecond)
        return row
    }

    private func row(_ member: Member, at now: Instant) -> PeerRow {
        var row = PeerRow()
        row.id = member.id.description
        row.name = member.name
        row.role = member.role.name
        row.path = relays.serves(member.slot, at: now) ? "relayed" : "direct"
        row.nat = member.nat?.words
        row.lastS = (now - member.heardAt).seconds
        guard let report = member.report else { return row }
        row.rttMs = report.roundTrip.map(Double.init)
        row.loss = member.role == .source ? nil : Double(report.missedPermille) / 1_000
        row.downBps = Double(report.downRate) * 1_000
        row.upBps = Double(report.upRate) * 1_000
        row.children = Int(report.children)
        row.rescued = Int(report.rescued)
        guard member.role != .source else { return row }
        row.lagMs = report.lag.map(Double.init)
        row.bufferMs = report.buffer.map(Double.init)
        row.startupMs = report.startup.map(Double.init)
        row.stalls = Int(report.stalls)
        // A relay plays nothing.
        if member.role == .viewer {
            row.chunksDue = Int(clamping: report.chunksDue)
            row.chunksInTime = Int(clamping: report.chunksInTime)
        }
        if report.chunksDue > 0 {
            row.continuity = Double(report.chunksInTime) / Double(report.chunksDue)
        }
        if report.pictureDue > 0 {
            row.pictureContinuity = Double(report.pictureDone) / Double(report.pictureDue)
        }
        if report.mediaBytesIn > 0 {
            row.farShare = Double(report.mediaBytesFar) / Double(report.mediaBytesIn)
        }
        for (stripe, parent) in report.parents.enumerated() where parent.value != 0 {
            row.parents[String(stripe)] = parent.description
        }
        return row
    }
}
