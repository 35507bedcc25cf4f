import Basics
import Blocks
import Paths
import Scheduling
import Telemetry
import Wire

/// Repair: overdue chunks are asked for, from whoever should have them (loop 3 of DESIGN section 5).
extension Peer {
    /// The lateness assumed of a stripe whose habit is not known yet, beyond its block's manifest.
    private static let latenessUnknown = TimeSpan.milliseconds(60)

    /// Begins to watch a block's chunks.
    mutating func watch(_ manifest: Manifest, at now: Instant) {
        guard !isSource, manifest.sourceCount > 0 else { return }
        traceEpoch(of: manifest)
        habits.removeAll(keepingCapacity: true)
        for stripe in 0..<stripeCount {
            habits.append(
                (dueBase(of: stripe, in: manifest, at: now), firstPush(on: stripe, at: now))
            )
        }
        let habits = habits
        let departure = Departure(of: manifest)
        let (count, rate) = (stripeCount, mediaRate)
        let asked = manifestWaits.askedStripes(of: manifest.block)
        repair.watch(manifest, giveUpAt: now + repairPatience) {
            let pause = departure.pause(before: $0, mediaRate: rate)
            let isOwed = manifest.sentAt + pause >= habits[$0 % count].pushedFrom
            let due = isOwed ? habits[$0 % count].usual + pause : now
            // What was asked for together with the manifest is right behind it.
            return asked >> UInt32($0 % count) & 1 == 1
                ? max(due, now + RepairLoop.guardSpan / 2) : due
        }
    }

    /// When a block's chunk of a stripe is overdue, were it the first that the source sends.
    private mutating func dueBase(of stripe: Int, in manifest: Manifest, at now: Instant) -> Instant
    {
        if isForsaken(stripe) { return now }
        guard let parent = feeds[stripe].parent, let usual = feeds[stripe].lateness.usualMax()
        else {
            return now + unknownLateness(stripe) + RepairLoop.guardSpan
        }
        // Nobody passes a chunk on before it has the manifest: the parent may have got that only now.
        let hop = (neighbours[parent]?.estimate.roundTrip ?? .zero) / 2
        return max(manifest.sentAt + usual, now + hop) + RepairLoop.guardSpan + impatience.wait
    }

    /// What the source sent before this had passed a stripe's new parent when it took us: it is not waited
    /// for.
    private func firstPush(on stripe: Int, at now: Instant) -> Instant {
        guard now > historyUntil, feeds[stripe].parent != nil, manifestLagMin < .seconds(10) else {
            return Instant(nanoseconds: .min)
        }
        return feeds[stripe].parentSince - manifestLagMin
    }

    /// Whether a stripe's parent has gone or fallen silent, where that is no matter of single losses.
    ///
    /// Nothing is waited for then: its chunks and manifests are asked for when they could be here (measured:
    /// 30 to 70 ms of the gap after a parent's death).
    func isForsaken(_ stripe: Int) -> Bool {
        guard misses.isWorrying, !feeds[stripe].isFresh else { return false }
        return !isTrusted(feeds[stripe].parent)
    }

    /// How long a block's chunks are asked for after its manifest came: children may still play it when
    /// we do not any more.
    var repairPatience: TimeSpan { max(configuration.latency, .seconds(1)) + .milliseconds(200) }

    /// A stripe that has lost its parent is not worth waiting for; one whose first parent is being asked
    /// is: the parent sends the past as well.
    private func unknownLateness(_ stripe: Int) -> TimeSpan {
        if feeds[stripe].isFresh { return .milliseconds(150) }
        return feeds[stripe].parent == nil ? .milliseconds(10) : Peer.latenessUnknown
    }

    /// A parent sends the past in order: while it flows, nothing newer is overdue.
    mutating func noteHistory(_ chunk: ChunkID, at now: Instant) {
        guard now < historyUntil, let newest = store.newestBlock, chunk.block + 1 < newest else {
            return
        }
        repair.postpone(
            after: chunk.block,
            stripe: Int(chunk.index) % stripeCount,
            of: stripeCount,
            until: now + .milliseconds(25)
        )
    }

    mutating func repairOverdue(at now: Instant) {
        // A newcomer's key frame may have been overtaken by the next one while its past came in.
        if let first = playout?.startPoint(at: now) { repair.settle(before: first) }
        let misses = repair.overdue(at: now, most: 64) { store.mask(of: $0) }
        traces.giveUp(at: now)
        // Where round trips are short, one more try among the peers spares the source.
        guard !misses.isEmpty else { return }
        var requests: [Int: [ChunkID]] = [:]
        let triesOfPeers = typicalRoundTrip >= .milliseconds(20) ? 1 : 2
        for miss in misses {
            if miss.isNew {
                traceMiss(miss.id, at: now)
                noteMiss(miss.id, at: now)
            } else if miss.tries > 0 {
                doubt(miss, at: now)
                if let slot = miss.asked { neighbours[slot]?.noteAnswer(false) }
            }
            let suppliers =
                mayAsk(at: now)
                ? suppliers(for: miss.id, tries: miss.tries, ofPeers: triesOfPeers) : []
            guard !suppliers.isEmpty, budget.take(suppliers.count, at: now) else {
                tally.strand(miss.id)
                repair.wait(for: miss.id, until: now + .milliseconds(50))
                continue
            }
            if miss.tries == 0, suppliers.count > 1, isOfSource(suppliers[1]) {
                self.misses.alarm()
            }
            var answer = TimeSpan.zero
            if miss.tries == 0, suppliers[0] != feeds[Int(miss.id.index) % stripeCount].parent {
                impatience.noteAsked()
            }
            for slot in suppliers {
                requests[slot, default: []].append(miss.id)
                answer = max(answer, neighbours[slot]?.estimate.answerTimeout ?? .zero)
            }
            counters.requested += suppliers.count
            repair.expect(miss.id, until: now + answer, asked: suppliers[0], at: now)
            traceAsk(miss, from: suppliers, at: now)
        }
        guard !requests.isEmpty else { return }
        for slot in active { request(requests[slot] ?? [], from: slot) }
    }

    /// Whether the budget holds anything: what it would refuse anyway needs no suppliers.
    private mutating func mayAsk(at now: Instant) -> Bool {
        _ = budget.take(0, at: now)
        var rest = budget
        return rest.take(1, at: now)
    }

    /// Whoever was asked and has not said a word since may be dead: it is not asked again until it
    /// answers a probe.
    private mutating func doubt(_ miss: RepairLoop.Miss, at now: Instant) {
        guard let slot = miss.asked, slot < neighbours.count, neighbours[slot] != nil,
            let link = switchboard.links[slot], link.receivedAt < miss.askedAt
        else { return }
        beginSuspicion(of: slot, at: now)
    }

    private mutating func request(_ ids: [ChunkID], from slot: Int) {
        guard !ids.isEmpty else { return }
        var entries: [ChunkRequest.Entry] = []
        for id in ids {
            if entries.last?.block == id.block {
                entries[entries.count - 1].mask |= 1 << UInt64(id.index)
            } else {
                entries.append(.init(block: id.block, mask: 1 << UInt64(id.index)))
            }
        }
        for start in stride(from: 0, to: entries.count, by: ChunkRequest.blocksMax) {
            let part = Array(entries[start...].prefix(ChunkRequest.blocksMax))
            post(.request(ChunkRequest(entries: part)), to: slot)
        }
    }

    private mutating func noteMiss(_ id: ChunkID, at now: Instant) {
        let stripe = Int(id.index) % stripeCount
        guard let departure = store.departure(of: id.block), isOwed(id, at: now) else { return }
        feeds[stripe].missedInRow += 1
        let usual = feeds[stripe].lateness.usualMax() ?? .zero
        let sent = departure.time(of: Int(id.index), mediaRate: mediaRate)
        suspectParent(of: stripe, dueAt: sent + usual, at: now)
        // Twice in a row and not a word meanwhile: take a backup without waiting for the verdict.
        if feeds[stripe].missedInRow >= 2, let slot = feeds[stripe].parent,
            neighbours[slot]?.suspectSince != nil
        {
            feeds[stripe].reviewAt = now
            reviewFeeds(at: now)
        }
    }

    /// Whether a stripe's parent owes us a chunk: what was sent before it took us, or is being fetched
    /// from the past, is not its fault.
    func isOwed(_ id: ChunkID, at now: Instant) -> Bool {
        guard let departure = store.departure(of: id.block) else { return false }
        return !isPast(id.block, sentAt: departure.sentAt, at: now)
            && store.arrivedAt(id.block) ?? now > feeds[Int(id.index) % stripeCount].parentSince
    }

    /// Whom to ask: one neighbour at first, two from the second try on.
    ///
    /// Where misses are rare, the source is asked at once as well: when a parent dies, so may have the
    /// backup, and each further round trip would be felt (measured: 50 to 90 ms of the longest gap).
    /// A parent that has spoken since the chunk was due lost it on the way and is asked itself; one that
    /// has not may be dead, so the first backup is asked: another interior peer of the stripe, as a rule.
    /// From the second try on the source, which holds everything, is one of the two; the other goes round
    /// among those that may hold the chunk.
    private func suppliers(for id: ChunkID, tries: Int, ofPeers triesOfPeers: Int) -> [Int] {
        let stripe = Int(id.index) % stripeCount
        if isUnfed(stripe, at: calledAt) { return pullSuppliers(of: id, tries: tries) }
        var order: [Int] = []
        func add(_ slot: Int?) {
            guard let slot, let neighbour = neighbours[slot], !order.contains(slot),
                !neighbour.wants.contains(id)
            else { return }
            order.append(slot)
        }
        let parent = feeds[stripe].parent
        let source = sourceSlot
        // Since a chunk that is overdue now should have come from it.
        let isAlive =
            parent.map { isTrusted($0) && hasSpoken($0, within: RepairLoop.guardSpan) }
            ?? false
        if isAlive { add(parent) }
        for backup in feeds[stripe].planned where backup != sourceID {
            let slot = switchboard.slot(of: backup).flatMap { $0 < neighbours.count ? $0 : nil }
            if slot != parent, isTrusted(slot) { add(slot) }
        }
        if isTrusted(parent) { add(parent) }
        let last = source.flatMap { $0 < neighbours.count && isTrusted($0) ? $0 : nil }
        if tries < triesOfPeers, let next = order.dropFirst(tries).first {
            guard tries == 0, !isAlive else { return [next] }
            if misses.isAlarming, let last, last != next { return [next, last] }
            let second = misses.isWorrying ? others(than: order, holding: id).first : nil
            return [next, second].compactMap { $0 }
        }
        for slot in others(than: order, holding: id) where slot != source { add(slot) }
        order.removeAll { $0 == last }
        let turn = order.isEmpty ? nil : order[tries % order.count]
        // The past is on its way to all newcomers of a crowd: were each to ask the source for what its
        // parent does not have yet, a thin uplink would be full for seconds.
        let isHistory =
            store.departure(of: id.block).map {
                isPast(id.block, sentAt: $0.sentAt, at: calledAt)
            } ?? false
        if isHistory, tries < 5, let turn { return [turn] }
        return [last, turn].compactMap { $0 }
    }

    /// Neighbours in order of use: the living first, of these holders, then by round trip, the source behind.
    func others(than taken: [Int], holding id: ChunkID) -> [Int] {
        // The best six in order; nobody needs the order of the rest.
        var best: [(rank: Int64, slot: Int)] = []
        best.reserveCapacity(7)
        for slot in active where !taken.contains(slot) {
            guard let neighbour = neighbours[slot], neighbour.suspectSince == nil else { continue }
            let rank = rank(of: neighbour, in: slot, for: id)
            guard best.count < 6 || rank < best[5].rank else { continue }
            // Slots come in order, so that the earlier one stays in front of its equals.
            let at = best.firstIndex { rank < $0.rank } ?? best.count
            best.insert((rank, slot), at: at)
            if best.count > 6 { best.removeLast() }
        }
        return best.map(\.slot)
    }

    /// What is asked of a neighbour that never answers counts as so much longer a round trip.
    private static let waitUnanswered = TimeSpan.milliseconds(200)

    private func rank(of neighbour: Neighbour, in slot: Int, for id: ChunkID) -> Int64 {
        let roundTrip = neighbour.estimate.roundTrip ?? .seconds(1)
        let holds: Int64 = neighbour.holds(id) ? 0 : 1_000_000_000
        let isSource: Int64 = neighbour.role == .source ? 2_000_000_000 : 0
        let isSilent: Int64 = hasSpoken(slot) ? 0 : 4_000_000_000
        let wait = Double(Peer.waitUnanswered.nanoseconds) * neighbour.unanswered
        return roundTrip.nanoseconds + holds + isSource + isSilent + Int64(wait)
    }

    private func isOfSource(_ slot: Int) -> Bool { neighbours[slot]?.role == .source }

    private func isTrusted(_ slot: Int?) -> Bool {
        guard let slot, slot < neighbours.count, let neighbour = neighbours[slot] else {
            return false
        }
        return neighbour.suspectSince == nil
    }

    /// Whether a neighbour has said a word within a span: one that pushes a stripe and has not is hardly
    /// alive, as at the lowest rates a stripe's chunk comes every 75 ms.
    private func hasSpoken(_ slot: Int, within span: TimeSpan = .milliseconds(80)) -> Bool {
        switchboard.links[slot].map { $0.receivedAt >= calledAt - span } ?? false
    }

    mutating func takeLack(_ request: ChunkRequest, from slot: Int, at now: Instant) {
        for entry in request.entries {
            var rest = entry.mask
            while rest != 0 {
                let index = rest.trailingZeroBitCount
                rest &= rest - 1
                repair.denied(ChunkID(block: entry.block, index: UInt8(index)), at: now)
            }
        }
    }

    mutating func noteRescue(_ id: ChunkID, from slot: Int, at now: Instant) {
        guard id.block != lastRescueTold, now - rescueToldAt > .milliseconds(500) else { return }
        lastRescueTold = id.block
        rescueToldAt = now
        report(
            .info,
            .rescue,
            "a chunk of block \(id.block) was missing; \(title(slot)) brought it",
            peer: neighbours[slot]?.id
        )
    }

    // MARK: Manifests

    mutating func askForManifests(at now: Instant) {
        guard let due = manifestWaits.nextDeadline, due <= now else { return }
        let answer = TimeSpan.milliseconds(40) + typicalRoundTrip
        for wait in manifestWaits.due(at: now, answer: answer) {
            guard store.manifest(of: wait.block) == nil else {
                manifestWaits.settle(wait.block)
                continue
            }
            let candidates = manifestHolders(of: wait.block)
            guard !candidates.isEmpty else { continue }
            // Its chunks of stripes whose parent has fallen silent as well would cost one more round trip.
            let silent = silentStripes
            for offset in 0..<min(2, candidates.count) {
                let slot = candidates[(2 * wait.tries + offset) % candidates.count]
                let request = ManifestRequest(
                    first: wait.block,
                    count: 1,
                    stripes: offset == 0 ? silent : 0
                )
                post(.requestManifests(request), to: slot)
            }
            if silent != 0 { manifestWaits.noteAsked(stripes: silent, of: wait.block) }
        }
    }

    /// Stripes without a parent that has spoken lately.
    private var silentStripes: UInt32 {
        feeds.indices.reduce(UInt32(0)) { mask, stripe in
            guard let parent = feeds[stripe].parent else { return mask | 1 << stripe }
            return hasSpoken(parent) ? mask : mask | 1 << stripe
        }
    }

    /// Neighbours that sent us something of the block first, then parents, then the others.
    private func manifestHolders(of block: UInt32) -> [Int] {
        let known = active.filter {
            neighbours[$0]?.has.mask(of: block) != 0
                || neighbours[$0]?.hasManifest.mask(of: block) != 0
        }
        let parents = active.filter { slot in
            !known.contains(slot) && feeds.contains { $0.parent == slot } && isTrusted(slot)
        }
        let rest = active.filter { !known.contains($0) && !parents.contains($0) && isTrusted($0) }
        // Of a block that nobody has shown anything of yet, the source has the manifest for certain.
        if known.isEmpty, let source = sourceSlot, isTrusted(source) {
            return [source] + (parents + rest).filter { $0 != source }
        }
        return known + parents + rest
    }

    /// The median round trip to our parents.
    ///
    /// Computed anew only after one of them has changed.
    var typicalRoundTrip: TimeSpan {
        mutating get {
            if let tripKnown { return tripKnown }
            var known: [Int64] = []
            known.reserveCapacity(active.count)
            for slot in active where trips[slot] >= 0 { known.append(trips[slot]) }
            known.sort()
            let trip =
                known.isEmpty
                ? PathEstimate.roundTripUnknown : TimeSpan(nanoseconds: known[known.count / 2])
            tripKnown = trip
            return trip
        }
    }
}
