import Basics
import Blocks
import Paths
import Scheduling
import Secrecy
import Telemetry
import Wire

/// Being a parent: who gets which stripes from us, and what we answer to requests.
extension Peer {
    /// Lists the neighbours that are our children anew, after one has come or gone.
    mutating func listChildren() {
        fed.removeAll(keepingCapacity: true)
        seatsUsed = 0
        for slot in active {
            guard let stripes = neighbours[slot]?.childStripes, stripes != 0 else { continue }
            fed.append(slot)
            seatsUsed += stripes.nonzeroBitCount
        }
    }

    /// Room for children between two plans: a quarter above the seats, so that a child may take its
    /// new parent before it leaves the old one.
    var seatsHard: Int {
        guard uplink.seats > 0 else { return 0 }
        let room = uplink.seats + max(1, uplink.seats / 4)
        return max(uplink.seats, min(room, uplink.seatsFull))
    }

    mutating func takeSubscribe(_ ask: Subscribe, from slot: Int, at now: Instant) {
        note(interior: ask.interior, of: slot)
        var accepted: UInt32 = 0
        var refused: UInt32 = 0
        for stripe in 0..<32 where ask.stripes >> stripe & 1 == 1 {
            let isPlanned = ask.planned >> stripe & 1 == 1
            if mayFeed(slot, stripe, isPlanned: isPlanned) {
                accepted |= 1 << stripe
                take(child: slot, stripe, isPlanned: isPlanned)
            } else {
                refused |= 1 << stripe
            }
        }
        post(.subscribed(Subscribed(accepted: accepted, refused: refused)), to: slot)
        guard accepted != 0 else { return }
        neighbours[slot]?.feedbackAt = now
        announceAncestors(of: stripes(in: accepted), to: slot)
        if let age = ask.historyAge {
            // Who asks for the past has none of it, also where it had before it started anew.
            neighbours[slot]?.has = BlockRing()
            neighbours[slot]?.hasManifest = BlockRing()
            // A crowd's past would take the uplink from the stream: who comes while it owes begins with the present.
            guard debt(at: now) <= .zero else { return }
            sendHistory(ask, accepted, age: .milliseconds(Int(min(age, 60_000))), slot, at: now)
        }
    }

    private func stripes(in mask: UInt32) -> [Int] {
        (0..<stripeCount).filter { mask >> $0 & 1 == 1 }
    }

    /// Whether a seat is free, and the child does not stand between the source and us.
    ///
    /// Whom the plan sends may come before another has left; whoever helps himself finds a free seat.
    private func mayFeed(_ slot: Int, _ stripe: Int, isPlanned: Bool) -> Bool {
        // Without the channel's record nothing can be verified, and nothing be passed on.
        guard stripe < stripeCount, !isStopping, record != nil, let child = neighbours[slot]
        else { return false }
        if child.childStripes >> stripe & 1 == 1 { return true }
        guard seatsUsed < (isPlanned ? seatsHard : uplink.seats) else { return false }
        return !ancestors(of: stripe).contains(child.id) && feeds[stripe].parent != slot
    }

    private mutating func take(child slot: Int, _ stripe: Int, isPlanned: Bool) {
        neighbours[slot]?.plannedStripes &= ~(1 << stripe)
        if isPlanned { neighbours[slot]?.plannedStripes |= 1 << stripe }
        guard let child = neighbours[slot], child.childStripes >> stripe & 1 == 0 else { return }
        neighbours[slot]?.childStripes |= 1 << stripe
        neighbours[slot]?.childSince = calledAt
        enlist(child: slot, stripe)
        listChildren()
    }

    mutating func release(child slot: Int, _ mask: UInt32) {
        neighbours[slot]?.childStripes &= ~mask
        neighbours[slot]?.plannedStripes &= ~mask
        for stripe in stripes(in: mask) { children[stripe].removeAll { $0 == slot } }
        listChildren()
    }

    /// The history since the newest key frame of the wanted age, to all newcomers together at six times
    /// the stream's rate: a crowd that comes at once must not fill the uplink of those who feed it.
    private mutating func sendHistory(
        _ ask: Subscribe,
        _ mask: UInt32,
        age: TimeSpan,
        _ slot: Int,
        at now: Instant
    ) {
        guard let newest = store.newestBlock,
            let first = store.newestKeyFrame(atLeast: age, at: now), newest &- first < 1_024
        else { return }
        var sendAt = max(now, historyPacedTo)
        defer { historyPacedTo = sendAt }
        for block in first...newest {
            guard let manifest = store.manifest(of: block),
                let bytes = store.manifestBytes(of: block)
            else { continue }
            let isOurs = mask >> (Int(block) % stripeCount) & 1 == 1
            if ask.manifests == .all || isOurs {
                send(manifestBytes: bytes, of: block, to: slot, at: now)
            }
            let held = store.mask(of: block)
            for index in 0..<manifest.sourceCount
            where held >> UInt64(index) & 1 == 1 && mask >> (index % stripeCount) & 1 == 1 {
                let id = ChunkID(block: block, index: UInt8(index))
                history.insert(
                    SendQueue.Item(slot: slot, chunk: id, cause: .repair),
                    at: sendAt
                )
                sendAt += chunkSpan / 6
            }
        }
    }

    // MARK: Overload

    /// A child that comes before its seat is free is borne for so long: it may be about to leave another.
    private static let overlap = TimeSpan.seconds(3)
    /// Where the uplink is full already, for so long (DESIGN section 5).
    private static let overload = TimeSpan.milliseconds(500)
    /// Chunks that wait longer than this for the uplink are better sent by somebody else.
    private static let waitMax = TimeSpan.milliseconds(100)

    /// Whether what waits for the capped uplink needs longer than a repair may take.
    var isCongested: Bool { queueSpan > Peer.waitMax }

    /// How long what waits for the capped uplink takes to leave.
    var queueSpan: TimeSpan {
        guard let cap = uplinkCap, !queue.isEmpty else { return .zero }
        return cap.span(ofBytes: queue.count * (Manifest.symbolMax + Envelope.headerOverhead))
    }

    /// Hands children over when more than the uplink's seats are taken.
    ///
    /// A stripe is given up whole, so that those who stay get everything. Those that the plan did not send go first, then the newest.
    mutating func shedOverload(at now: Instant) {
        let excess = seatsUsed - uplink.seats
        guard excess > 0 else {
            overloadedSince = nil
            return
        }
        let since = overloadedSince ?? now
        overloadedSince = since
        let isFull = isCongested || seatsUsed > seatsHard
        guard now - since > (isFull ? Peer.overload : Peer.overlap) else { return }
        overloadedSince = nil
        for _ in 0..<(excess + 1) / 2 { handOverOne(at: now) }
    }

    private mutating func handOverOne(at now: Instant) {
        var best: (isPlanned: Bool, since: Instant, slot: Int, mask: UInt32)?
        for slot in fed {
            guard let child = neighbours[slot] else { continue }
            let unplanned = child.childStripes & ~child.plannedStripes
            let mask = unplanned == 0 ? child.childStripes : unplanned
            let isPlanned = unplanned == 0
            if let best,
                (best.isPlanned ? 1 : 0, -best.since.nanoseconds)
                    <= (isPlanned ? 1 : 0, -child.childSince.nanoseconds)
            {
                continue
            }
            best = (isPlanned, child.childSince, slot, mask)
        }
        guard let best else { return }
        let stripe = UInt32(1) << UInt32(31 - best.mask.leadingZeroBitCount)
        post(.unsubscribe(Unsubscribe(stripes: stripe)), to: best.slot)
        release(child: best.slot, stripe)
        report(
            .info,
            .parent,
            "the uplink is full: \(title(best.slot)) has to find another parent for a stripe",
            peer: neighbours[best.slot]?.id
        )
    }

    // MARK: Ancestors

    /// Who stands between the source and us in a stripe: our parent, its parent, and so on.
    func ancestors(of stripe: Int) -> [PeerID] {
        guard let slot = feeds[stripe].parent, let parent = neighbours[slot] else { return [] }
        return Array(([parent.id] + parent.ancestors(of: stripe)).prefix(Ancestors.ancestorsMax))
    }

    /// Tells all children of some stripes, or one, who stands above them.
    mutating func announceAncestors(of stripes: [Int], to only: Int? = nil) {
        for slot in fed where only == nil || only == slot {
            guard let mask = neighbours[slot]?.childStripes else { continue }
            let lines = stripes.filter { mask >> $0 & 1 == 1 }.map {
                Ancestors.Line(stripe: UInt8($0), peers: ancestors(of: $0))
            }
            guard !lines.isEmpty else { continue }
            post(.ancestors(Ancestors(lines: lines)), to: slot)
        }
    }

    // MARK: Requests

    mutating func takeRequest(_ request: ChunkRequest, from slot: Int, at now: Instant) {
        if isCongested {
            // What would come too late is as good as lacking: let it be asked for elsewhere.
            counters.refusedRequests += 1
            post(.lack(request), to: slot)
            return
        }
        var lacking: [ChunkRequest.Entry] = []
        for entry in request.entries {
            let held = store.mask(of: entry.block)
            answer(.init(block: entry.block, mask: entry.mask & held), slot, at: now)
            let missing = entry.mask & ~held
            guard missing != 0 else { continue }
            noteWanted(missing, of: entry.block, slot)
            // What is not overdue here either may still come and is passed on then.
            if !isExpected(entry.block) { lacking.append(.init(block: entry.block, mask: missing)) }
        }
        if !lacking.isEmpty { post(.lack(ChunkRequest(entries: lacking)), to: slot) }
    }

    private mutating func answer(_ entry: ChunkRequest.Entry, _ slot: Int, at now: Instant) {
        var rest = entry.mask
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            let id = ChunkID(block: entry.block, index: UInt8(index))
            guard !isQueued(id, for: slot, at: now) else { continue }
            guard neighbours[slot]?.takeRepairToken(chunkRate: budget.chunkRate, at: now) == true
            else {
                counters.refusedRequests += 1
                return
            }
            enqueue(SendQueue.Item(slot: slot, chunk: id, cause: .repair), at: now)
        }
    }

    /// Whether a chunk that a child asks for waits for the uplink anyway, to be pushed to it.
    ///
    /// What has waited for too long is given up; it is sent when it is asked for then.
    private func isQueued(_ id: ChunkID, for slot: Int, at now: Instant) -> Bool {
        guard !queue.isEmpty, let child = neighbours[slot], !child.has.contains(id),
            child.childStripes >> UInt32(Int(id.index) % stripeCount) & 1 == 1,
            let arrived = store.arrivedAt(id.block)
        else { return false }
        return arrived > child.childSince && now < deadline(of: id.block, queuedAt: arrived)
    }

    private mutating func noteWanted(_ mask: UInt64, of block: UInt32, _ slot: Int) {
        var rest = mask
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            let id = ChunkID(block: block, index: UInt8(index))
            guard neighbours[slot]?.wants.contains(id) == false else { continue }
            neighbours[slot]?.wants.insert(id)
            neighbours[slot]?.has.remove(id)
            wanted.insert(id)
        }
    }

    /// Whether a block's missing chunks should come by themselves: it is the newest, or newer.
    private func isExpected(_ block: UInt32) -> Bool {
        guard let newest = store.newestBlock else { return false }
        return block >= newest
    }

    mutating func takeManifestRequest(
        _ request: ManifestRequest,
        from slot: Int,
        at now: Instant
    ) {
        for offset in 0..<UInt32(request.count) {
            let block = request.first &+ offset
            if let bytes = store.manifestBytes(of: block) {
                send(manifestBytes: bytes, of: block, to: slot, at: now)
                if request.stripes != 0, !isCongested {
                    answer(chunksOf(request.stripes, in: block), slot, at: now)
                }
            }
        }
    }

    /// What we hold of some stripes of a block.
    private func chunksOf(_ stripes: UInt32, in block: UInt32) -> ChunkRequest.Entry {
        var rest = store.mask(of: block)
        var mask: UInt64 = 0
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if stripes >> UInt32(index % stripeCount) & 1 == 1 { mask |= 1 << UInt64(index) }
        }
        return ChunkRequest.Entry(block: block, mask: mask)
    }
}
