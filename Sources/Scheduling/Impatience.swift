public import Basics

/// How much longer than a stripe's habit a chunk is waited for, because asking proved to be in vain.
///
/// A chunk that was asked for elsewhere and comes from its parent after all was late, not lost: the
/// request cost a chunk's bytes and brought nothing. Where uplinks are nearly full, such bytes make the
/// next chunks late as well. So the wait grows while more than half of what is asked for comes twice,
/// and shrinks while most of it does not. TCP learns in the same way from retransmissions that
/// were not needed (RFC 3522, RFC 4015).
public struct Impatience: Sendable {
    /// Requests over which the share in vain is smoothed.
    private static let span = 32.0
    /// The wait changes at most so often.
    private static let interval = TimeSpan.milliseconds(500)
    private static let first = TimeSpan.milliseconds(15)
    /// Longer than this nobody waits: a stall is worse than a chunk that comes twice.
    private static let most = TimeSpan.milliseconds(240)
    private static let shareHigh = 0.5
    private static let shareLow = 0.25

    /// What is added to the usual wait.
    public private(set) var wait = TimeSpan.zero
    /// The smoothed share of what was asked for that came twice.
    public private(set) var share = 0.0
    private var changedAt = Instant.origin

    /// Begins without an additional wait.
    public init() {}

    /// Takes note of a chunk that is asked for elsewhere for the first time.
    public mutating func noteAsked() { share -= share / Impatience.span }

    /// Takes note that one of them came from its parent after all.
    public mutating func noteInVain() { share = min(1, share + 1 / Impatience.span) }

    /// Whether the wait is to be adapted.
    public func isDue(at now: Instant) -> Bool { now - changedAt >= Impatience.interval }

    /// Adapts the wait.
    ///
    /// Where datagrams are lost, what comes twice is what the parent itself had to ask for: waiting for that
    /// would cost every hop a repair more (measured at 5 % loss: 0.2 s for those furthest down).
    ///
    /// - Parameters:
    ///   - isLossy: whether datagrams are lost, and uplinks can bear what comes twice for that.
    ///   - now: the time.
    public mutating func decide(isLossy: Bool, at now: Instant) {
        guard isDue(at: now) else { return }
        changedAt = now
        if share > Impatience.shareHigh, !isLossy {
            wait = min(Impatience.most, max(Impatience.first, wait * 3 / 2))
        } else if wait > .zero, isLossy || share < Impatience.shareLow {
            wait = wait > .milliseconds(5) ? wait * 3 / 4 : .zero
        }
    }
}
