import Basics
import Blocks
import Paths
import Scheduling
import Wire

/// The habits of the stripes: what usually comes when, from whom, and what is therefore late.
extension Peer {
    /// Learns a stripe's habit from what its parent pushed.
    mutating func noteArrival(_ chunk: ChunkID, from slot: Int, at now: Instant) {
        let stripe = Int(chunk.index) % stripeCount
        let wasRequested = repair.wasRequested(chunk)
        if traces.openCount > 0 { traces.arrived(chunk, from: neighbours[slot]?.id, at: now) }
        if wasRequested {
            notePatience(chunk, from: slot, at: now)
            counters.rescued += 1
            traceRescue(chunk)
            noteRescue(chunk, from: slot, at: now)
            if repair.asked(for: chunk)?.slot == slot { neighbours[slot]?.noteAnswer(true) }
        } else {
            noteHistory(chunk, at: now)
        }
        // The first seconds, with parents coming one by one, say nothing about losses.
        if let startedPlaying, now - startedPlaying > .seconds(3) {
            misses.observe(wasMissed: wasRequested)
        }
        if feeds[stripe].parent == slot, !wasRequested { notePush(of: chunk, from: slot, at: now) }
    }

    /// Whether a parent that was asked for a chunk itself has had the time to answer.
    private func mayBeAnswer(_ chunk: ChunkID, from slot: Int, at now: Instant) -> Bool {
        guard let (asked, askedAt) = repair.asked(for: chunk), asked == slot else { return false }
        return now - askedAt >= neighbours[slot]?.estimate.roundTripMin ?? .zero
    }

    /// A chunk came from a parent that was asked for it: it has answered, or would have sent it anyway.
    ///
    /// A new parent may be so much further from the source than the manifests' way is long that each of its
    /// chunks is asked for before it can be here. Without a habit it would go on like that, and the parent would
    /// pass for idle (measured with 1,000 viewers: a hundred parents a second were left for that).
    private mutating func noteAnswered(_ stripe: Int, lateness: TimeSpan) {
        feeds[stripe].answeredInRow += 1
        if feeds[stripe].answeredInRow == Peer.answeredInRow {
            feeds[stripe].lateness.reset(to: lateness)
        } else if feeds[stripe].answeredInRow > Peer.answeredInRow {
            feeds[stripe].lateness.observe(lateness)
        }
    }

    /// A chunk that was here before its manifest counts from when it came.
    mutating func noteEarly(_ chunk: ChunkID, at now: Instant) {
        let stripe = Int(chunk.index) % stripeCount
        guard let early = feeds[stripe].early, early.chunk == chunk,
            let parent = feeds[stripe].parent
        else { return }
        feeds[stripe].early = nil
        notePush(of: chunk, from: parent, at: early.at)
    }

    /// A stripe's parent has done what it is there for.
    private mutating func notePush(of chunk: ChunkID, from slot: Int, at then: Instant) {
        guard let departure = store.departure(of: chunk.block) else { return }
        let stripe = Int(chunk.index) % stripeCount
        feeds[stripe].notePush(at: then)
        guard isTelling(chunk, departure, at: then) else { return }
        let sent = departure.time(of: Int(chunk.index), mediaRate: mediaRate)
        feeds[stripe].lateness.observe(then - sent)
        if let parent = neighbours[slot]?.id {
            scores.observe(parent, in: slot, cameWhenDue: true)
        }
    }

    /// So many chunks of a stripe in a row that were only late make its new habit.
    private static let lateInRow = 3
    /// So many in a row that came after the parent itself was asked as well: single ones are losses made good.
    private static let answeredInRow = 4

    /// A chunk that was asked for comes from its parent after all: it was late, not lost.
    ///
    /// So the stripe's habit is slower than we thought, and less is asked for in vain.
    mutating func notePatience(_ chunk: ChunkID, from slot: Int, at now: Instant) {
        let stripe = Int(chunk.index) % stripeCount
        guard feeds[stripe].parent == slot, repair.wasRequested(chunk),
            let departure = store.departure(of: chunk.block), isTelling(chunk, departure, at: now)
        else { return }
        let sent = departure.time(of: Int(chunk.index), mediaRate: mediaRate)
        guard !mayBeAnswer(chunk, from: slot, at: now) else {
            noteAnswered(stripe, lateness: now - sent)
            return
        }
        counters.impatient += 1
        impatience.noteInVain()
        feeds[stripe].pushedAt = now
        feeds[stripe].lateIndeed += 1
        // One may have been fetched by the parent itself; several in a row mean a longer way.
        if feeds[stripe].lateIndeed == Peer.lateInRow {
            feeds[stripe].lateness.reset(to: now - sent)
        }
        feeds[stripe].lateness.observe(now - sent)
    }

    /// Whether a block was history when a newcomer got it, so that its lateness says nothing about the
    /// habit of a stripe: its manifest came much later after its sending than the fastest did.
    func isPast(_ block: UInt32, sentAt: Instant, at now: Instant) -> Bool {
        guard now < historyUntil + .seconds(1), let arrived = store.arrivedAt(block)
        else { return false }
        return arrived - sentAt > manifestLagMin + .milliseconds(150)
    }

    /// Whether the lateness of a pushed chunk says anything about the habit of its stripe.
    ///
    /// The past does not, nor what comes when nobody asks for it any more: who was away for ten seconds gets
    /// all of them at once, and would wait as long for each chunk afterwards, so that a parent who has
    /// left meanwhile would never be missed.
    private func isTelling(_ chunk: ChunkID, _ departure: Departure, at then: Instant) -> Bool {
        !isPast(chunk.block, sentAt: departure.sentAt, at: then)
            && then - departure.sentAt <= manifestLagMin + repairPatience
    }

    /// How long a manifest that others have overtaken is waited for.
    func patience(withManifestOf block: UInt32) -> TimeSpan {
        isForsaken(Int(block) % stripeCount) ? .zero : ManifestWaits.patience
    }

    /// Asks for the manifest that playing on waits for, should nothing else have told of it.
    ///
    /// Of a block of the past both the manifest and the one chunk that was sent with it may be lost. Without this
    /// 3 of 60 swarms of 16 with latency 0 and 2 % loss had a viewer that waited there for a second, and then
    /// skipped (measured).
    mutating func noteUnknownAhead(at now: Instant) {
        guard let block = playout?.unknownAhead, !manifestWaits.isWaiting(for: block) else {
            return
        }
        let isPast = now < historyUntil
        manifestWaits.note(
            block,
            at: now,
            patience: isPast ? ManifestWaits.patienceWithPast : patience(withManifestOf: block)
        )
    }

    /// How long a manifest is waited for that one of its chunks has overtaken.
    ///
    /// It comes with its own stripe, whose way may be longer or shorter than the chunk's: a peer
    /// that has one stripe from the source itself gets all other manifests a hop later (measured:
    /// without this such peers asked for each of them in vain). Not more than a hop: under heavy loss
    /// the habits are those of repair.
    mutating func patience(withManifestOf block: UInt32, after chunk: ChunkID) -> TimeSpan {
        let usual = patience(withManifestOf: block)
        let own = Int(block) % stripeCount
        guard usual > .zero, let way = feeds[own].lateness.usualMax(),
            let chunkWay = feeds[Int(chunk.index) % stripeCount].lateness.usualMax()
        else { return usual }
        let longer = min(way - chunkWay, typicalRoundTrip / 2)
        return max(.zero, usual + longer - chunkSpan * Int(chunk.index))
    }

    /// A silent parent will not bring the next block's manifest either: it is asked for when it could be
    /// here.
    mutating func awaitNext(after manifest: Manifest, at now: Instant) {
        let next = manifest.block &+ 1
        guard isForsaken(Int(next) % stripeCount), !manifest.flags.contains(.doubled),
            !manifest.flags.contains(.end), store.newestBlock == manifest.block
        else { return }
        let departure = Departure(of: manifest)
        let span = departure.pause(before: manifest.chunkCount, mediaRate: mediaRate)
        manifestWaits.note(next, at: now, patience: span + ManifestWaits.patience / 2)
    }
}
