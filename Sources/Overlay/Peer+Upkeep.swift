import Basics
import Blocks
import Paths
import Scheduling
import Secrecy
import Telemetry
import Wire

/// What happens by the clock: probes, feedback, buffer maps, and the slow feedback loops.
extension Peer {
    /// The pace of upkeep; nothing that is urgent waits for it.
    private static let tick = TimeSpan.milliseconds(100)
    /// Children and parents hear of each other this often.
    private static let feedbackInterval = TimeSpan.seconds(1)
    /// Every second feedback carries a probe: round trips change slowly, and an echo costs 1 % of a
    /// thin stripe.
    private static let probeInterval = TimeSpan.milliseconds(1_900)
    /// The others this often, so that one that is gone is missed; far below the shortest ordinary binding
    /// time-out of a NAT, 30 s, and shortened where one is shorter.
    static let keepAliveMost = TimeSpan.seconds(4)
    /// A child that gives no feedback for so long does not want its stripes any more.
    private static let childSilence = TimeSpan.seconds(5)
    /// Any neighbour that is silent for so long is gone.
    private static let silence = TimeSpan.seconds(15)

    mutating func tick(at now: Instant) {
        tickAt = now + Peer.tick
        switchboard.advance(to: now, into: &switchEvents, out: &outgoing)
        handleSwitchEvents(at: now, size: 0)
        switchEvents.removeAll(keepingCapacity: true)
        tieToTracker(at: now)
        seekPartners(at: now)
        reviewParents(at: now)
        renewParents(at: now)
        budget.unfed = unfedShare(at: now)
        tellInterior(at: now)
        for slot in active where attendAt[slot] <= now { attend(slot, at: now) }
        pruneNeighbours(at: now)
        measureRates(at: now)
        decideLoops(at: now)
        judgeSilence(at: now)
        judgeEnd(at: now)
    }

    private mutating func attend(_ slot: Int, at now: Instant) {
        guard let neighbour = neighbours[slot], let link = switchboard.links[slot]
        else { return }
        let silence = now - link.receivedAt
        if silence > Peer.silence {
            suspect(neighbour.id)
            lose(slot, because: "nothing heard for \(Int(silence.seconds)) s", at: now)
            return
        }
        if neighbour.childStripes != 0, now - neighbour.feedbackAt > Peer.childSilence {
            // It has another parent and its word was lost, or it is gone.
            post(.unsubscribe(Unsubscribe(stripes: neighbour.childStripes)), to: slot)
            release(child: slot, neighbour.childStripes)
        }
        if neighbour.nextProbeAt <= now { greet(slot, at: now) }
        if neighbour.nextMapAt <= now { sendMap(slot, at: now) }
        // The next map is due within 4 s, before who has become our child meanwhile can be silent too long.
        var next = min(neighbour.nextProbeAt, neighbour.nextMapAt)
        next = min(next, link.receivedAt + Peer.silence)
        if neighbour.childStripes != 0 {
            next = min(next, neighbour.feedbackAt + Peer.childSilence)
        }
        attendAt[slot] = next
    }

    /// A probe, with feedback for a parent.
    private mutating func greet(_ slot: Int, at now: Instant) {
        let isParent = feeds.contains { $0.parent == slot }
        let isChild = neighbours[slot]?.childStripes != 0
        let isUnmeasured = neighbours[slot]?.estimate.roundTrip == nil
        let interval =
            isParent
            ? Peer.feedbackInterval
            : isChild ? Peer.probeInterval : isUnmeasured ? .milliseconds(500) : keepAlive
        neighbours[slot]?.nextProbeAt = now + min(interval, keepAlive)
        if isParent { sendFeedback(slot, at: now) }
        let isMeasured = neighbours[slot]?.probedAt.map { now - $0 < Peer.probeInterval } ?? false
        if !isParent || isUnmeasured || !isMeasured { probe(slot, at: now) }
    }

    mutating func probe(_ slot: Int, at now: Instant) {
        neighbours[slot]?.probedAt = now
        post(.probe(Probe(sentAt: now)), to: slot)
    }

    private mutating func sendFeedback(_ slot: Int, at now: Instant) {
        guard let session = switchboard.links[slot]?.current else { return }
        let received = session.receivedCount &- (neighbours[slot]?.receivedBefore ?? 0)
        let expected = session.highestCounter &- (neighbours[slot]?.highestBefore ?? 0)
        // A rekeyed session counts from zero again.
        let isSane = received < 60_000 && expected < 60_000
        neighbours[slot]?.receivedBefore = session.receivedCount
        neighbours[slot]?.highestBefore = session.highestCounter
        if isSane, expected >= 4 {
            let lost = max(0, 1 - Double(received) / Double(expected))
            noteLoss(lost, isOut: false, of: slot)
        }
        post(
            .feedback(
                Feedback(
                    received: UInt16(isSane ? received : 0),
                    expected: UInt16(isSane ? expected : 0),
                    missedPermille: UInt16(min(1_000, subtreeMissed * 1_000)),
                    roundTrip: UInt16(min(60_000, subtreeRoundTrip.milliseconds)),
                    interior: interiorWord()
                )
            ),
            to: slot
        )
    }

    /// The mean share of missed chunks over us and our children's subtrees.
    ///
    /// A mean, because repair chunks are paid by all: one bad link is mended by requests.
    private var subtreeMissed: Double {
        var (sum, count) = (ownMissed, 1)
        for slot in fed {
            guard let neighbour = neighbours[slot] else { continue }
            sum += Double(neighbour.subtreeMissed) / 1_000
            count += 1
        }
        return sum / Double(count)
    }

    /// The share of chunks that losses cost us.
    ///
    /// What is late because an uplink above us is full is missed, too, but repair chunks would fill that
    /// uplink even more: measured with 60 viewers whose uplinks carry 1.25 times the need, they and second
    /// copies of manifests cost a fifth of all bytes, and chunks never came in time again.
    private var ownMissed: Double {
        let loss = parentsLoss
        return max(loss, min(misses.share, Peer.missesPerLoss * loss))
    }

    /// More than this is lost by networks; full queues of uplinks are kept short.
    private static let lossFelt = 0.005

    /// What is lost above our parents comes late to us as well: on the way of some three hops.
    private static let missesPerLoss = 3.0

    /// The mean loss on the links from our parents.
    ///
    /// What repair chunks mend is never asked for, so that requests alone would not show it.
    private var parentsLoss: Double {
        let losses = feeds.compactMap { $0.parent.flatMap { neighbours[$0]?.loss } }
        return losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count)
    }

    private var subtreeRoundTrip: TimeSpan {
        mutating get {
            var longest = typicalRoundTrip
            for slot in fed {
                guard let neighbour = neighbours[slot] else { continue }
                longest = max(longest, .milliseconds(neighbour.subtreeRoundTrip))
            }
            return longest
        }
    }

    mutating func takeFeedback(_ feedback: Feedback, from slot: Int) {
        neighbours[slot]?.feedbackAt = calledAt
        neighbours[slot]?.subtreeMissed = Int(min(1_000, feedback.missedPermille))
        neighbours[slot]?.subtreeRoundTrip = Int(feedback.roundTrip)
        note(interior: feedback.interior, of: slot)
        guard feedback.expected >= 4 else { return }
        let lost = max(0, 1 - Double(feedback.received) / Double(feedback.expected))
        noteLoss(lost, isOut: true, of: slot)
    }

    /// Both ways together, and the one way.
    private mutating func noteLoss(_ lost: Double, isOut: Bool, of slot: Int) {
        guard let neighbour = neighbours[slot] else { return }
        func smoothed(_ before: Double?) -> Double {
            (before ?? lost) + (lost - (before ?? lost)) / 8
        }
        neighbour.loss = smoothed(neighbour.loss)
        if isOut {
            neighbour.lossOutLast = lost
            neighbour.lossOut = smoothed(neighbour.lossOut)
        } else {
            neighbour.lossIn = smoothed(neighbour.lossIn)
        }
    }

    mutating func echo(_ probe: Probe, to slot: Int, at now: Instant) {
        // We seem to have moved: neighbours behind NATs hear us again when the tracker introduces us anew.
        if Switchboard.asksAboutMove(probe) { tracker.reportSoon(at: now) }
        let estimate = clock.estimate(at: now)
        post(
            .echo(
                Echo(
                    probeSentAt: probe.sentAt,
                    receivedAt: now,
                    sourceOffset: estimate?.offset ?? .zero,
                    offsetError: estimate?.error
                )
            ),
            to: slot
        )
    }

    mutating func takeEcho(_ echo: Echo, from slot: Int, at now: Instant) {
        guard let neighbour = neighbours[slot], let probedAt = neighbour.probedAt,
            echo.probeSentAt <= now, now - echo.probeSentAt < .seconds(10),
            echo.probeSentAt <= probedAt
        else { return }
        neighbour.estimate.observe(now - echo.probeSentAt)
        trips[slot] = neighbour.estimate.roundTrip?.nanoseconds ?? -1
        tripKnown = nil
        guard let error = echo.offsetError else { return }
        let isFirst = clock.estimate(at: now) == nil
        clock.observe(
            sentAt: echo.probeSentAt,
            echoedAt: echo.receivedAt,
            receivedAt: now,
            neighbour: ClockOffset.told(offset: echo.sourceOffset, error: error)
        )
        if isFirst { rebasePlayout(at: now) }
    }

    /// What came before the clocks' offset was known has been given due times by guess: set them right.
    private mutating func rebasePlayout(at now: Instant) {
        guard playout != nil, startedPlaying == nil, clock.estimate(at: now) != nil,
            let blocks = store.blocks
        else { return }
        playout = PlayoutBuffer(latency: configuration.latency, at: now)
        releasedCount = -1
        playoutAt = .distantFuture
        playout?.startMargin = min(PlayoutBuffer.haltMin, configuration.latency / 4)
        for block in blocks {
            guard let manifest = store.manifest(of: block) else { continue }
            let due = ownTime(of: manifest.sentAt, at: now)
            playout?.note(manifest: manifest, dueBase: due, at: now)
        }
    }

    private mutating func sendMap(_ slot: Int, at now: Instant) {
        neighbours[slot]?.nextMapAt = now + .seconds(4)
        guard let oldest = store.oldestBlock, let newest = store.newestBlock else { return }
        var base = newest
        // The newest blocks are in flight; older ones are complete, or listed with their gaps.
        while base > oldest, newest - base < UInt32(BufferMap.blocksMax - 1),
            !(store.isComplete(base) && newest - base >= 4)
        { base -= 1 }
        let masks = (base...newest).map { store.mask(of: $0) }
        post(.have(BufferMap(oldest: oldest, base: base, masks: masks)), to: slot)
    }

    private mutating func measureRates(at now: Instant) {
        misses.roll(at: now)
        if impatience.isDue(at: now) {
            // Where little is to spare the wait counts for more than the lag (measured with 1,000 viewers of 1.25
            // times the need and 1 % loss: without it .87 of all chunks came in time for ever, with it .99).
            let isLossy = parentsLoss > Peer.lossFelt && tracker.spare >= TrackerTie.spareLittle
            impatience.decide(isLossy: isLossy, at: now)
        }
        downMeter.observe(counters.wireIn, at: now)
        upMeter.observe(counters.wireOut, at: now)
        mediaMeter.observe(counters.mediaIn, at: now)
    }

    private mutating func decideLoops(at now: Instant) {
        if isSource, redundancy.nextDeadline <= now {
            redundancy.observe(
                missed: childrenMissed,
                roundTrip: childrenRoundTrip,
                row: stripeCount
            )
            redundancy.decide(at: now)
            let repair = fixedRepairPerRow ?? redundancy.repairPerRow
            blocker?.repairPerRow = repair
            blocker?.doublesManifests = redundancy.doublesManifests
            let deep = deepStripes
            blocker?.deepStripes = deep
        }
        if uplink.nextDeadline <= now {
            boundUplink()
            decideUplink(at: now)
        }
        shedOverload(at: now)
    }

    /// Stripes that the source feeds to half as many children as others, or fewer: a hop deeper, their
    /// manifests would hold up the first chunks of all others.
    ///
    /// Measured: with one child in place of two, one chunk in a hundred was asked for in vain.
    private var deepStripes: UInt32 {
        let most = children.map(\.count).max() ?? 0
        guard most >= 2, !isAudienceLarge else { return 0 }
        return children.indices.reduce(UInt32(0)) { mask, stripe in
            children[stripe].count * 2 <= most ? mask | 1 << stripe : mask
        }
    }

    /// The user's share of repair chunks, in chunks per row of S.
    var fixedRepairPerRow: Int? {
        configuration.redundancyPercent.map { percent in
            let share = Double(percent) / Double(100 + percent)
            return Int((share * Double(stripeCount)).rounded())
        }
    }

    private var childrenMissed: Double {
        fed.compactMap { neighbours[$0] }
            .map { max(Double($0.subtreeMissed) / 1_000, 0) }.max() ?? 0
    }

    private var childrenRoundTrip: TimeSpan {
        .milliseconds(
            fed.compactMap { neighbours[$0]?.subtreeRoundTrip }.max() ?? 0
        )
    }
}
