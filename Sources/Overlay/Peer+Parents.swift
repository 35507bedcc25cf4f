import Basics
import Paths
import Scheduling
import Telemetry
import Wire

/// Being a child: keeps every stripe fed by a live parent (feedback loop 2 of DESIGN section 5).
extension Peer {
    /// A refused or silent candidate is left alone for this long.
    private static let refusalPause = TimeSpan.seconds(1)
    /// A newcomer leaves its planned parents so long to get connected before it turns to backups: a
    /// punch and a handshake, once repeated.
    ///
    /// Backups are often the source, which has no seat to give.
    private static let joinPatience = TimeSpan.milliseconds(250)

    /// Where a swarm has less to spare than this share of its need, newcomers start with the present: a
    /// crowd's past would displace the stream for seconds.
    private static let spareForPast = 0.25

    mutating func takePlan(_ update: PlanUpdate, at now: Instant) {
        guard record != nil else {
            // It has overtaken the welcome, which says how many stripes there are.
            if tracker.earlyPlans.count < TrackerTie.earlyPlansMax {
                tracker.earlyPlans.append(update)
            }
            return
        }
        guard update.number >= tracker.planNumber else { return }
        tracker.planNumber = update.number
        for line in update.lines where Int(line.stripe) < stripeCount {
            feeds[Int(line.stripe)].planned = line.peers
            feeds[Int(line.stripe)].reviewAt = now
            feeds[Int(line.stripe)].plannedAt = feeds[Int(line.stripe)].plannedAt ?? now
        }
        confirmPlanned()
        reviewFeeds(at: now)
    }

    /// Tells parents that were chosen without a plan that it names them now.
    private mutating func confirmPlanned() {
        var masks: [Int: UInt32] = [:]
        for stripe in feeds.indices where !feeds[stripe].isPlanTold {
            guard let parent = feeds[stripe].parent, isPlanned(parent, stripe) else { continue }
            feeds[stripe].isPlanTold = true
            masks[parent, default: 0] |= 1 << stripe
        }
        for slot in active {
            guard let mask = masks[slot] else { continue }
            let word = Subscribe(
                stripes: mask,
                planned: mask,
                interior: interiorWord(),
                historyAge: nil
            )
            post(.subscribe(word), to: slot)
        }
    }

    /// Whether the plan names a neighbour as the parent of a stripe.
    private func isPlanned(_ slot: Int, _ stripe: Int) -> Bool {
        feeds[stripe].planned.first.map { $0 == neighbours[slot]?.id } ?? false
    }

    /// Looks at every stripe that is due and asks the best candidate for it.
    mutating func reviewFeeds(at now: Instant) {
        guard !isSource, !isStopping, record != nil else { return }
        var asks: [Int: UInt32] = [:]
        for stripe in feeds.indices where feeds[stripe].reviewAt <= now {
            feeds[stripe].reviewAt = now + .milliseconds(500)
            guard let slot = choice(for: stripe, at: now), slot != feeds[stripe].parent,
                feeds[stripe].candidate == nil
            else { continue }
            feeds[stripe].candidate = slot
            asks[slot, default: 0] |= 1 << stripe
        }
        guard !asks.isEmpty else { return }
        for slot in active {
            if let mask = asks[slot] { ask(for: mask, from: slot, at: now) }
        }
    }

    /// The planned parent, else the parent we have, else a backup, else whoever can serve us.
    private mutating func choice(for stripe: Int, at now: Instant) -> Int? {
        if let first = feeds[stripe].planned.first, let slot = usable(first, stripe, at: now) {
            return slot
        }
        if let parent = feeds[stripe].parent, let neighbour = neighbours[parent],
            neighbour.suspectSince == nil || feeds[stripe].missedInRow < 2
        {
            return relief(of: stripe, at: now) ?? parent
        }
        if isConnecting(stripe, at: now) { return nil }
        for backup in feeds[stripe].planned.dropFirst() {
            if let slot = usable(backup, stripe, at: now) { return slot }
        }
        // Without a plan for longer than a plan takes: near peers first, the source last. A relay is offered only
        // to whom no plan can help.
        let mayWait = now - (feeds[stripe].orphanSince ?? startedAt) <= .milliseconds(400)
        let others = active.filter { (!mayWait || isRelayed($0)) && usable($0, stripe, at: now) }
        return others.min { left, right in
            let ranks = (fallbackRank(left), fallbackRank(right))
            return ranks.0 == ranks.1 ? left < right : ranks.0 < ranks.1
        }
    }

    /// Who is asked to feed a stripe instead of the source, to which it has turned while no tracker plans.
    ///
    /// Any neighbour, by lot: nobody knows who has a seat free, and whoever has none refuses.
    private mutating func relief(of stripe: Int, at now: Instant) -> Int? {
        guard mutual.mayRelieve(at: now), leansOnSource(stripe) else { return nil }
        let others = active.filter {
            neighbours[$0]?.role != .source && !isRelayed($0) && usable($0, stripe, at: now)
        }
        guard !others.isEmpty else { return nil }
        mutual.relievedAt = now
        return others[random.below(others.count)]
    }

    /// Whether a stripe comes from the source although no plan says so.
    func leansOnSource(_ stripe: Int) -> Bool {
        guard let parent = feeds[stripe].parent, parent == sourceSlot else { return false }
        return !isPlanned(parent, stripe)
    }

    /// Whether a stripe that never had a parent waits for its planned one to get connected.
    private mutating func isConnecting(_ stripe: Int, at now: Instant) -> Bool {
        guard feeds[stripe].isFresh, let first = feeds[stripe].planned.first,
            let since = feeds[stripe].plannedAt, now - since < Peer.joinPatience
        else { return false }
        return switchboard.slot(of: first).map { !switchboard.isEstablished($0) } ?? true
    }

    /// Whether no neighbour has said a word for longer than parents ever pause.
    private func hearsNobody(at now: Instant) -> Bool {
        !active.contains { slot in
            switchboard.links[slot].map { now - $0.receivedAt < .milliseconds(400) } ?? false
        }
    }

    /// The slot of the source, once it is a neighbour.
    var sourceSlot: Int? { sourceID.flatMap { switchboard.slot(of: $0) } }

    private func fallbackRank(_ slot: Int) -> Int64 {
        guard let neighbour = neighbours[slot] else { return .max }
        let roundTrip = neighbour.estimate.roundTrip ?? .seconds(1)
        let penalty: Int64 = neighbour.role == .source ? 10_000_000_000 : 0
        return roundTrip.nanoseconds + penalty
    }

    private mutating func usable(_ peer: PeerID, _ stripe: Int, at now: Instant) -> Int? {
        guard let slot = switchboard.slot(of: peer), slot < neighbours.count,
            usable(slot, stripe, at: now)
        else { return nil }
        return slot
    }

    /// Whether a neighbour may become our parent: it has not just refused us, is not silent, and is
    /// not our own descendant in the stripe.
    private func usable(_ slot: Int, _ stripe: Int, at now: Instant) -> Bool {
        guard let neighbour = neighbours[slot], neighbour.refusedUntil <= now,
            neighbour.suspectSince == nil, neighbour.childStripes >> stripe & 1 == 0
        else { return false }
        return !(neighbour.ancestors(of: stripe).contains(id))
    }

    /// The past is asked for once per stripe: from its first parent, and from the first after a cut.
    private mutating func ask(for mask: UInt32, from slot: Int, at now: Instant) {
        if isStarving(at: now), cutUntil < now {
            cutUntil = now + .milliseconds(500)
            historyUntil = cutUntil
            historyAsked = 0
        }
        let fresh = feeds.indices.reduce(UInt32(0)) { sum, stripe in
            feeds[stripe].isFresh || now < cutUntil ? sum | 1 << stripe : sum
        }
        for part in [mask & fresh, mask & ~fresh] where part != 0 {
            subscribe(part, to: slot, past: part & fresh == 0 ? .no : .yes, at: now)
        }
    }

    /// Whether the past is asked for as well.
    enum Past { case yes, no }

    /// Asks a neighbour for stripes.
    mutating func subscribe(_ mask: UInt32, to slot: Int, past: Past, at now: Instant) {
        isAsking = true
        neighbours[slot]?.askedStripes |= mask
        neighbours[slot]?.askedAt = now
        neighbours[slot]?.askCount += 1
        // At latency 0 playing may begin with the first chunk: the other stripes still need their past.
        let isNew =
            past == .yes && playout != nil && (startedPlaying == nil || now < historyUntil)
            && tracker.spare >= Peer.spareForPast
        let age = UInt32(max(0, configuration.latency.milliseconds))
        let history: UInt32? = isNew ? age : nil
        // The first two parents bring all manifests of the past; each of the others its own.
        let manifests: Subscribe.Manifests = isNew && historyAsked < 2 ? .all : .ofStripes
        if isNew {
            historyAsked += 1
            historyUntil = now + .seconds(1)
        }
        let planned = feeds.indices.reduce(UInt32(0)) { sum, stripe in
            mask >> stripe & 1 == 1 && isPlanned(slot, stripe) ? sum | 1 << stripe : sum
        }
        let ask = Subscribe(
            stripes: mask,
            planned: planned,
            interior: interiorWord(with: mask),
            historyAge: history,
            manifests: manifests
        )
        post(.subscribe(ask), to: slot)
    }

    mutating func takeSubscribed(_ answer: Subscribed, from slot: Int, at now: Instant) {
        neighbours[slot]?.askedStripes &= ~(answer.accepted | answer.refused)
        if neighbours[slot]?.askedStripes == 0 { neighbours[slot]?.askCount = 0 }
        var changed: [Int] = []
        for stripe in feeds.indices where feeds[stripe].candidate == slot {
            let isAccepted = answer.accepted >> stripe & 1 == 1
            if noteRenewal(of: stripe, by: slot, isAccepted: isAccepted, at: now) { continue }
            if isAccepted {
                adopt(parent: slot, stripe, at: now)
                changed.append(stripe)
            } else if answer.refused >> stripe & 1 == 1 {
                feeds[stripe].candidate = nil
                feeds[stripe].reviewAt = now
            }
        }
        if answer.refused != 0 {
            neighbours[slot]?.refusedUntil = now + Peer.refusalPause
            reviewFeeds(at: now)
        }
        announceAncestors(of: changed)
    }

    private mutating func adopt(parent slot: Int, _ stripe: Int, at now: Instant) {
        let old = feeds[stripe].parent
        if let since = feeds[stripe].orphanSince, startedPlaying != nil {
            let span = Int((now - since).milliseconds)
            report(
                .info,
                .parent,
                "stripe \(stripe) now comes from \(title(slot)), \(span) ms without a parent",
                peer: neighbours[slot]?.id
            )
        }
        feeds[stripe].parent = slot
        feeds[stripe].candidate = nil
        feeds[stripe].parentSince = now
        feeds[stripe].missedInRow = 0
        feeds[stripe].pushedAt = .origin
        feeds[stripe].orphanSince = nil
        feeds[stripe].isPlanTold = isPlanned(slot, stripe)
        feeds[stripe].lateness.reset()
        feeds[stripe].answeredInRow = 0
        if let old, old != slot, neighbours[old] != nil {
            post(.unsubscribe(Unsubscribe(stripes: 1 << stripe)), to: old)
        }
    }

    /// From a child: it has another parent.
    ///
    /// From a parent: it cannot feed us any more.
    mutating func takeUnsubscribe(_ end: Unsubscribe, from slot: Int, at now: Instant) {
        release(child: slot, end.stripes & (neighbours[slot]?.childStripes ?? 0))
        for stripe in feeds.indices
        where end.stripes >> stripe & 1 == 1 && feeds[stripe].parent == slot {
            feeds[stripe].loseParent(at: now)
            neighbours[slot]?.refusedUntil = now + Peer.refusalPause
        }
        reviewFeeds(at: now)
    }

    /// A parent that lists us among its ancestors would feed us our own chunks: refuse it.
    mutating func takeAncestors(_ ancestors: Ancestors, from slot: Int, at now: Instant) {
        var changed: [Int] = []
        for line in ancestors.lines where Int(line.stripe) < stripeCount {
            let stripe = Int(line.stripe)
            guard let neighbour = neighbours[slot], neighbour.ancestors(of: stripe) != line.peers
            else { continue }
            neighbour.tell(ancestors: line.peers, of: stripe, stripes: stripeCount)
            guard feeds[stripe].parent == slot else { continue }
            let isLoop = line.peers.contains(id)
            if isLoop || line.peers.count >= Ancestors.ancestorsMax {
                post(.unsubscribe(Unsubscribe(stripes: 1 << stripe)), to: slot)
                feeds[stripe].loseParent(at: now)
            }
            changed.append(stripe)
        }
        reviewFeeds(at: now)
        announceAncestors(of: changed)
    }

    // MARK: Suspicion

    /// A stripe's chunk is overdue: suspects its parent if that has been silent since before.
    mutating func suspectParent(of stripe: Int, dueAt: Instant, at now: Instant) {
        guard let slot = feeds[stripe].parent, let link = switchboard.links[slot],
            neighbours[slot]?.suspectSince == nil, link.receivedAt < dueAt
        else { return }
        beginSuspicion(of: slot, at: now)
    }

    /// Probes a silent neighbour; if it does not answer in time it is given up.
    mutating func beginSuspicion(of slot: Int, at now: Instant) {
        guard neighbours[slot] != nil, neighbours[slot]?.suspectSince == nil else { return }
        neighbours[slot]?.suspectSince = now
        probe(slot, at: now)
        suspicionAt = min(suspicionAt, now + patience(with: slot))
    }

    private func patience(with slot: Int) -> TimeSpan {
        let timeout = neighbours[slot]?.estimate.answerTimeout ?? .milliseconds(150)
        return max(timeout, .milliseconds(40))
    }

    /// Gives up the parents that did not answer the probe either.
    mutating func judgeSuspects(at now: Instant) {
        suspicionAt = .distantFuture
        for slot in active {
            guard let since = neighbours[slot]?.suspectSince else { continue }
            let last = since + patience(with: slot)
            // One repeat of the probe, in case it or its echo was lost.
            let final = last + patience(with: slot)
            if now >= final {
                if let peer = neighbours[slot]?.id { suspect(peer) }
                lose(slot, because: "it fell silent", at: now)
                // Where everybody has fallen silent it is we who have moved: the tracker should know.
                if hearsNobody(at: now) { tracker.reportSoon(at: now) }
            } else if now >= last {
                probe(slot, at: now)
                suspicionAt = min(suspicionAt, final)
            } else {
                suspicionAt = min(suspicionAt, last)
            }
        }
    }

    /// Asks again what was not answered, and leaves parents that live but do not deliver.
    mutating func reviewParents(at now: Instant) {
        let wasAsking = isAsking
        isAsking = false
        for slot in active where wasAsking {
            guard let neighbour = neighbours[slot], neighbour.askedStripes != 0 else { continue }
            isAsking = true
            guard now - neighbour.askedAt > neighbour.estimate.answerTimeout else { continue }
            if let link = switchboard.links[slot], link.receivedAt < neighbour.askedAt {
                // Not a word since we asked: probe it, and try somebody else meanwhile.
                beginSuspicion(of: slot, at: now)
                giveUpAsking(slot, at: now, pause: .zero)
                continue
            }
            if neighbour.askCount < 4 {
                ask(for: neighbour.askedStripes, from: slot, at: now)
            } else {
                giveUpAsking(slot, at: now, pause: Peer.refusalPause * 3)
            }
        }
        for stripe in feeds.indices where isIdle(stripe, at: now) {
            leaveIdleParent(of: stripe, at: now)
        }
        reviewFeeds(at: now)
    }

    /// Whether a parent pushes nothing any more.
    ///
    /// One that is only late waits for its own parent, or for
    /// its uplink: as long as the plan is content with it, any other would have to be paid for by peers that
    /// are as short.
    private mutating func isIdle(_ stripe: Int, at now: Instant) -> Bool {
        guard feeds[stripe].missedInRow >= 8 else { return false }
        return now - max(feeds[stripe].pushedAt, feeds[stripe].parentSince) > .seconds(1)
            || feeds[stripe].missedInRow >= 64
    }

    private mutating func giveUpAsking(_ slot: Int, at now: Instant, pause: TimeSpan) {
        neighbours[slot]?.askedStripes = 0
        neighbours[slot]?.askCount = 0
        neighbours[slot]?.refusedUntil = now + pause
        for stripe in feeds.indices where feeds[stripe].candidate == slot {
            feeds[stripe].candidate = nil
            feeds[stripe].reviewAt = now
        }
    }

    private mutating func leaveIdleParent(of stripe: Int, at now: Instant) {
        feeds[stripe].missedInRow = 0
        guard let slot = feeds[stripe].parent else { return }
        report(
            .warning,
            .parent,
            "\(title(slot)) lives but does not deliver stripe \(stripe)",
            peer: neighbours[slot]?.id
        )
        post(.unsubscribe(Unsubscribe(stripes: 1 << stripe)), to: slot)
        neighbours[slot]?.refusedUntil = now + Peer.refusalPause * 5
        feeds[stripe].loseParent(at: now)
    }
}
