import Basics
import Paths
import Scheduling
import Telemetry
import Wire

/// Taking opened datagrams apart and handing each message to the part it is for.
extension Peer {
    mutating func take(_ content: Content, from slot: Int, size: Int, at now: Instant) {
        if slot < neighbours.count, let neighbour = neighbours[slot] {
            neighbour.downBytes += size
            neighbour.suspectSince = nil
        }
        var reader = MessageReader(content)
        do {
            while let message = try reader.next() {
                if slot == tracker.slot {
                    takeFromTracker(message, slot, at: now)
                } else if slot < neighbours.count, neighbours[slot] != nil {
                    takeFromPeer(message, slot, at: now)
                }
            }
        } catch {
            counters.malformed += 1
        }
        counters.unknownMessages += reader.unknownCount
    }

    private mutating func takeFromTracker(_ message: Message, _ slot: Int, at now: Instant) {
        if case .joined = tracker.state { tracker.state = .joined(slot: slot, answeredAt: now) }
        switch message {
        case .welcome(let welcome): takeWelcome(welcome, from: slot, at: now)
        case .retry(let retry): takeRetry(retry, from: slot, at: now)
        case .introduce(let introduction): takeIntroduction(introduction, from: slot, at: now)
        case .plan(let update): takePlan(update, at: now)
        case .summary(let summary): takeSummary(summary, at: now)
        case .probe(let probe): echo(probe, to: slot, at: now)
        case .goodbye: trackerLeft(at: now)
        case .join, .report, .subscribe, .subscribed, .unsubscribe, .ancestors, .have, .request,
            .lack, .requestManifests, .feedback, .echo, .manifest, .chunk, .seek:
            counters.violations += 1
        }
    }

    private mutating func takeFromPeer(_ message: Message, _ slot: Int, at now: Instant) {
        switch message {
        case .chunk(let chunk): takeChunk(chunk, from: slot, at: now)
        case .manifest(let bytes): takeManifest(bytes, from: slot, at: now)
        case .subscribe(let ask): takeSubscribe(ask, from: slot, at: now)
        case .subscribed(let answer): takeSubscribed(answer, from: slot, at: now)
        case .unsubscribe(let end): takeUnsubscribe(end, from: slot, at: now)
        case .ancestors(let lines): takeAncestors(lines, from: slot, at: now)
        case .have(let map): neighbours[slot]?.map = map
        case .request(let request): takeRequest(request, from: slot, at: now)
        case .lack(let request): takeLack(request, from: slot, at: now)
        case .requestManifests(let request): takeManifestRequest(request, from: slot, at: now)
        case .feedback(let feedback): takeFeedback(feedback, from: slot)
        case .probe(let probe): echo(probe, to: slot, at: now)
        case .echo(let echo): takeEcho(echo, from: slot, at: now)
        case .goodbye(let goodbye): takeGoodbye(goodbye, from: slot, at: now)
        case .seek(let question): takeSeek(question, from: slot, at: now)
        case .introduce(let introduction): takeMutual(introduction, from: slot, at: now)
        case .join, .report, .welcome, .retry, .plan, .summary:
            counters.violations += 1
        }
    }

    private mutating func trackerLeft(at now: Instant) {
        report(.warning, .tracker, "the tracker says goodbye; the swarm goes on")
        if let slot = tracker.slot { switchboard.drop(slot) }
        tracker.fail(at: now, jitter: random.unit(), isStarving: isStarving(at: now))
    }

    private mutating func takeGoodbye(_ goodbye: Goodbye, from slot: Int, at now: Instant) {
        switch goodbye.reason {
        case .leaving: lose(slot, because: "it said goodbye", at: now)
        case .unneeded:
            // It may well be there, and only have found others.
            let words = "is not connected any more"
            lose(slot, because: "it turned to other peers", saying: words, at: now)
        case .violation: lose(slot, because: "it says that we broke the protocol", at: now)
        case .ended: lose(slot, because: "the stream has ended", at: now)
        }
    }

    /// What the swarm has to spare bounds everything that is not the stream itself.
    mutating func noteSpare(permille: Int16) {
        tracker.spare = Double(permille) / 1_000
        budget.observe(spare: tracker.spare)
        redundancy.observe(spare: tracker.spare, row: stripeCount)
    }

    private mutating func takeSummary(_ summary: Summary, at now: Instant) {
        tracker.hear(at: now)
        tracker.summary = summary
        if summary.mediaRate > 0, !isSource { mediaRate = Double(summary.mediaRate) }
        tracker.reportInterval = .seconds(Int(max(1, summary.reportInterval)))
        noteSpare(permille: summary.sparePermille)
    }
}
