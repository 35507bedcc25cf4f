import Basics

/// Keeps a broadcast going while its encoder comes and goes.
///
/// It waits for sessions of a line, one after the other, and makes one programme of them. While
/// there is none it plays the offline card, if there is one, and tries again.
final class EncoderFeed: Feed, @unchecked Sendable {
    private let line: any EncoderLine
    private let card: String?
    private var backoff = Backoff()
    private var gate = AdviceGate()
    private var sessionStart: Instant?

    /// Takes the line's port or connects, and checks the card.
    init(
        _ line: any EncoderLine,
        card: String?,
        signal: StopSignal
    ) throws(IngestError) {
        self.line = line
        self.card = card
        if let card { _ = try OfflineCard.open(card, signal) }
        try line.prepare(signal)
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        let target = SourceSwitch(output, name: line.name)
        let player = card.flatMap { OfflineCard($0, into: target, output) }
        player?.start()
        defer { player?.stop() }
        while !output.signal.isRaised {
            sessionStart = nil
            let end = try runSession(output, target)
            guard case .lost(let reason) = end, !output.signal.isRaised else { return }
            let now = MonotonicClock.now
            if let sessionStart {
                backoff.end(lasted: now - sessionStart, at: now)
            } else {
                backoff.fail(at: now)
            }
            try report(reason, output)
            let due = now + backoff.next(at: now)
            if output.signal.wait(until: due) == .stopped { return }
        }
    }

    /// Runs one session; a source that never delivered anything fails for good.
    private func runSession(
        _ output: FeedOutput,
        _ target: SourceSwitch
    ) throws(IngestError) -> EncoderSession.End {
        do throws(IngestError) {
            guard let session = try line.next(output) else { return .finished }
            sessionStart = MonotonicClock.now
            target.beginSession()
            defer { target.endSession() }
            let own = FeedOutput(
                pacing: output.pacing == .none ? .none : session.pacing,
                signal: output.signal,
                onPackets: { target.takeEncoder($0) },
                onEvent: output.onEvent
            )
            try run(session, own)
            if output.signal.isRaised { return .finished }
            let end = session.conclude()
            guard case .lost(let reason) = end, !mayFail(target) else { return end }
            throw IngestError(.notMedia, "\(line.name): \(reason), and nothing had come")
        } catch {
            guard mayFail(target) else { throw error }
            return .lost(error.message)
        }
    }

    private func run(
        _ session: EncoderSession,
        _ output: FeedOutput
    ) throws(IngestError) {
        do throws(IngestError) {
            try session.feed.run(output)
        } catch {
            // When nothing came, how the session ended says more.
            guard error.code == .empty, case .lost(let reason) = session.conclude() else {
                throw error
            }
            throw IngestError(.empty, "\(line.name): \(reason)")
        }
    }

    /// Whether a failure is one to get over.
    private func mayFail(_ target: SourceSwitch) -> Bool {
        switch line.persistence {
        case .single: false
        case .waiting: true
        case .trying: target.hasDelivered
        }
    }

    private func report(_ reason: String, _ output: FeedOutput) throws(IngestError) {
        let now = MonotonicClock.now
        var next = "waiting for the encoder"
        if case .trying(let patience) = line.persistence {
            let away = now - (backoff.awaySince ?? now)
            guard away <= patience else {
                throw IngestError(
                    .offline,
                    "\(line.name): away for \(Int(away.seconds)) s, the broadcast ends (\(reason))"
                )
            }
            next = "trying again"
        }
        let what = reason.hasPrefix(line.name) ? reason : "\(line.name): \(reason)"
        guard gate.allows(what, at: now) else { return }
        output.report(.offline("\(what); \(next)"))
    }
}

/// Lets the same words through at most every ten seconds: an address that stays away is asked often.
struct AdviceGate {
    private static let interval = TimeSpan.seconds(10)
    private var last: (words: String, at: Instant)?

    /// Whether the words may be said now.
    mutating func allows(_ words: String, at now: Instant) -> Bool {
        if let last, last.words == words, now - last.at < AdviceGate.interval { return false }
        last = (words, now)
        return true
    }
}
