import Basics

/// How long to wait before trying again: soon at first, then less and less often.
///
/// The steps are fixed; a broadcast has one source, so no crowd can fall into step.
struct Backoff {
    private static let steps: [TimeSpan] = [
        .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(1_500),
    ]
    /// So often an address that stays away for longer is asked.
    private static let stepLate = TimeSpan.seconds(5)
    /// How long the quick steps go on: a minute, in which an encoder may come back.
    private static let quickSpan = TimeSpan.seconds(60)
    /// A session of that length was a good one: the next failure begins anew.
    private static let goodSpan = TimeSpan.seconds(10)

    private var place = 0
    /// When the source went away; nil while it is there.
    private(set) var awaySince: Instant?

    /// A session has ended that lasted so long.
    mutating func end(lasted: TimeSpan, at now: Instant) {
        if lasted >= Backoff.goodSpan { place = 0 }
        if lasted > .seconds(1) || awaySince == nil { awaySince = now }
    }

    /// An attempt has failed.
    mutating func fail(at now: Instant) {
        if awaySince == nil { awaySince = now }
    }

    /// How long to wait now.
    mutating func next(at now: Instant) -> TimeSpan {
        defer { place += 1 }
        if place < Backoff.steps.count { return Backoff.steps[place] }
        let away = now - (awaySince ?? now)
        return away > Backoff.quickSpan ? Backoff.stepLate : Backoff.steps[Backoff.steps.count - 1]
    }
}
