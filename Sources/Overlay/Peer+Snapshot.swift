public import Basics
import Blocks
import Paths
public import Telemetry
import Wire

/// What people see of a peer.
extension Peer {
    /// The swarm as this peer sees it: itself, its neighbours, its loops and events.
    public func snapshot(at now: Instant) -> SwarmSnapshot {
        var snapshot = SwarmSnapshot()
        snapshot.channel = configuration.channel.description
        snapshot.name = PrintableText.clean(record?.name ?? configuration.name)
        snapshot.own = id.description
        snapshot.madeAt = Double(now.nanoseconds) / 1e9
        snapshot.live = lastMediaAt.map { now - $0 < .seconds(2) } ?? false
        snapshot.bitrateBps = mediaRate > 0 ? mediaRate : nil
        snapshot.uptimeS = (now - startedAt).seconds
        snapshot.viewers = Int(tracker.summary?.viewers ?? 0)
        snapshot.stripes = record == nil ? nil : stripeCount
        let own = ownRow(at: now)
        fillMeasures(&snapshot, own)
        let others = active.compactMap { row(of: $0, at: now) }.sorted { $0.id < $1.id }
        let sources = others.filter { $0.role == Role.source.name }
        let viewers = others.filter { $0.role != Role.source.name }
        snapshot.peers = isSource ? [own] + others : sources + [own] + viewers
        snapshot.loops = loopRows
        snapshot.events = events.ordered.suffix(100).map(\.row)
        snapshot.chunkMap = chunkMap(at: now)
        snapshot.rescueTraces = isSource ? nil : traces.rows
        snapshot.trackers = trackerRows(at: now)
        snapshot.meetings = meetings
        snapshot.rescue.load = load
        return snapshot
    }

    /// What the viewers need ÷ what plans may use, as the tracker told us last; unknown without a tracker.
    private var load: Double? {
        guard case .joined = tracker.state, let permille = tracker.summary?.sparePermille,
            permille < .max, permille > -1_000
        else { return nil }
        return 1_000 / (1_000 + Double(permille))
    }

    /// The parent of every stripe, nil where there is none; cheap enough to be asked at any time.
    public var parents: [PeerID?] {
        feeds.map { feed in feed.parent.flatMap { neighbours[$0]?.id } }
    }

    /// The peer's own row, and what it measured, without the rest of a snapshot: a hundredth of the work.
    public func outline(at now: Instant) -> SwarmSnapshot {
        var snapshot = SwarmSnapshot()
        let own = ownRow(at: now)
        fillMeasures(&snapshot, own)
        snapshot.peers = [own]
        return snapshot
    }

    private func fillMeasures(_ snapshot: inout SwarmSnapshot, _ own: PeerRow) {
        if isSource {
            if counters.mediaIn > 0 {
                snapshot.sourceLoad = Double(counters.mediaOut) / Double(counters.mediaIn)
            }
            return
        }
        if counters.mediaIn > 0 {
            let fromSource = Double(counters.mediaFromSource)
            snapshot.p2pShare = 1 - fromSource / Double(counters.mediaIn)
            let wire = Double(counters.wireIn)
            snapshot.overhead = (wire - Double(counters.mediaIn)) / Double(counters.mediaIn)
            let mended = Double(tally.askedBytes + tally.decodedBytes)
            snapshot.repairShare = mended / Double(counters.mediaIn + tally.decodedBytes)
        }
        if counters.chunksIn > 0 {
            snapshot.duplicates = Double(counters.duplicates) / Double(counters.chunksIn)
        }
        snapshot.continuity = Spread(of: own.continuity.map { [$0] } ?? [])
        snapshot.pictureContinuity = Spread(of: own.pictureContinuity.map { [$0] } ?? [])
        snapshot.lagMs = Quantiles(of: lags.ordered)
        snapshot.startupMs = Quantiles(of: own.startupMs.map { [$0] } ?? [])
        snapshot.stalls = own.stalls ?? 0
    }

    private func ownRow(at now: Instant) -> PeerRow {
        var row = PeerRow()
        row.id = id.description
        row.name = PrintableText.clean(configuration.name)
        row.role = configuration.role.name
        row.path = "self"
        row.loss = isSource ? nil : ownLoss
        row.nat = nat?.words
        row.downBps = downMeter.bitsPerSecond
        row.upBps = upMeter.bitsPerSecond
        row.lagMs = isSource ? nil : lagMedian
        row.rescued = isSource ? nil : counters.rescued
        row.rescuesAsked = isSource ? nil : tally.askedCount
        row.children = childCount
        if counters.mediaIn > 0, !isSource {
            row.farShare = Double(counters.mediaFar) / Double(counters.mediaIn)
        }
        for (stripe, feed) in feeds.enumerated() {
            guard let parent = feed.parent, let neighbour = neighbours[parent] else { continue }
            row.parents[String(stripe)] = neighbour.id.description
        }
        if let figures = playout?.figures {
            row.bufferTargetMs = configuration.latency.milliseconds
            row.chunksDue = figures.chunksDue
            row.chunksInTime = figures.chunksInTime
            if figures.chunksDue > 0 {
                row.continuity = Double(figures.chunksInTime) / Double(figures.chunksDue)
            }
            if figures.pictureDue > .zero {
                row.pictureContinuity = figures.pictureDone.seconds / figures.pictureDue.seconds
            }
            row.stalls = figures.stalls
            row.bufferMs = figures.startupAt == nil ? nil : figures.bufferAhead.milliseconds
            row.startupMs = figures.startupAt.map { ($0 - startedAt).milliseconds }
        }
        return row
    }

    /// What most paths lose: nothing but the own access link is common to them.
    private var ownLoss: Double? {
        let parents = Set(feeds.compactMap(\.parent)).compactMap { neighbours[$0]?.lossIn }
        let children = active.compactMap { slot in
            neighbours[slot].flatMap { $0.childStripes == 0 ? nil : $0.lossOut }
        }
        // Where few feed us or are fed, those count who did before.
        var losses = parents + children
        if losses.count < 2 { losses = active.compactMap { neighbours[$0]?.loss } }
        return losses.count < 2 ? nil : losses.sorted()[losses.count / 2]
    }

    private func row(of slot: Int, at now: Instant) -> PeerRow? {
        guard let neighbour = neighbours[slot] else { return nil }
        var row = PeerRow()
        row.id = neighbour.id.description
        row.name = neighbour.name
        row.role = neighbour.role.name
        row.path = isRelayed(slot) ? "relayed" : "direct"
        row.rttMs = neighbour.estimate.roundTrip?.milliseconds
        row.loss = neighbour.loss
        row.score = scores.share(of: neighbour.id, in: slot)
        row.lastS = switchboard.links[slot].map { (now - $0.receivedAt).seconds }
        if neighbour.childStripes != 0 {
            for stripe in 0..<stripeCount where neighbour.childStripes >> stripe & 1 == 1 {
                row.parents[String(stripe)] = id.description
            }
        }
        return row
    }

    /// The tracker in use and those before it, in order of preference; nothing is known of the others.
    private func trackerRows(at now: Instant) -> [TrackerRow] {
        let count = tracker.trackers.count
        return tracker.trackers.enumerated().compactMap { position, address in
            let place = address.endpoint.description
            if position == tracker.index % count { return trackerRow(place, at: now) }
            // Each failure leads to the next.
            return position < tracker.index ? TrackerRow(place: place, state: "silent") : nil
        }
    }

    /// The tracker in use.
    private func trackerRow(_ place: String, at now: Instant) -> TrackerRow {
        var row = TrackerRow(place: place, state: "asked")
        switch tracker.state {
        case .joined(_, let answeredAt):
            row.state = "member"
            row.lastS = (now - answeredAt).seconds
            row.rttMs = tracker.roundTrip?.milliseconds
            row.viewers = tracker.summary.map { Int($0.viewers) }
            row.epoch = tracker.planNumber > 0 ? Int(tracker.planNumber) : nil
        case .joining(let slot, _):
            // With a session it has answered at least the handshake. A refusal is its own, not that of
            // a tracker before it, while nothing was sent since or nothing has failed.
            let isOwn = tracker.joinSentAt == nil || tracker.failures == 0
            if tracker.refusal == .refused, isOwn { row.state = "refused" }
            if tracker.refusal == .busy, isOwn { row.state = "in line" }
            row.lastS = switchboard.links[slot].map { (now - $0.receivedAt).seconds }
        case .idle, .discovering, .connecting:
            if tracker.failures > 0 { row.state = hasBeenMember ? "silent" : "asked" }
        }
        return row
    }

    /// Whether a tracker has ever taken us in.
    private var hasBeenMember: Bool { tracker.observed != nil }

    private var loopRows: [LoopRow] {
        let orphans = feeds.count { $0.parent == nil }
        var rows = [
            LoopRow(
                name: "connectivity",
                state: active.count >= 2 ? "steady" : "acting",
                target: "2 neighbours or more",
                value: "\(active.count)",
                lastAction: ""
            ),
            LoopRow(
                name: "uplink",
                state: uplink.isFull || uplink.isToldFull ? "limited" : "steady",
                target: "queue below 25 ms",
                value: "\(uplink.seats) seats, \(seatsUsed) used, "
                    + "queue \(Int(uplink.queue.milliseconds)) ms"
                    + (uplink.loss < 0.005 ? "" : ", \(Int(uplink.loss * 100)) % lost")
                    + (gauge.cap.map { ", carries \($0.bitsPerSecond / 1_000) kbit/s" } ?? ""),
                lastAction: uplink.lastAction
            ),
        ]
        if isSource {
            let share = Int((redundancy.missed * 1_000).rounded())
            rows.append(
                LoopRow(
                    name: "redundancy",
                    state: redundancy.isAtLimit
                        ? "limited" : redundancy.repairPerRow > 0 ? "acting" : "steady",
                    target: "expected cost below 18 ms",
                    value:
                        "\(Int(redundancy.cost * 1_000)) ms at \(share / 10).\(share % 10) % missed",
                    lastAction: redundancy.lastAction
                )
            )
        } else {
            rows.append(
                LoopRow(
                    name: "parents",
                    state: orphans == 0 ? "steady" : "acting",
                    target: "a live parent per stripe",
                    value: "\(stripeCount - orphans) of \(stripeCount)",
                    lastAction: ""
                )
            )
            rows.append(
                LoopRow(
                    name: "repair",
                    state: repair.watchedCount < 4 ? "steady" : "acting",
                    target: "every chunk in time",
                    value: "\(counters.rescued) rescued, \(counters.recovered) recovered",
                    lastAction: ""
                )
            )
        }
        return rows
    }
}
