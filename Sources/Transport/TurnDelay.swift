import Basics

/// How late the thread of a core gets its turn: a computer that is too busy makes everything late, and
/// looks like a bad network otherwise.
struct TurnDelay: Sendable {
    /// Two measurements a second, as snapshots are made: 5 s of them.
    private static let countMax = 12

    private var delays: [TimeSpan] = []
    private var dueAt: Instant?

    /// Notes when a turn is due.
    mutating func expect(at due: Instant) { dueAt = due }

    /// Notes that the turn has come.
    mutating func note(_ now: Instant) {
        guard let dueAt else { return }
        self.dueAt = nil
        delays.append(max(.zero, now - dueAt))
        if delays.count > TurnDelay.countMax { delays.removeFirst() }
    }

    /// The median of the last delays; nil before there are half as many as it takes.
    var median: TimeSpan? {
        guard delays.count >= TurnDelay.countMax / 2 else { return nil }
        return delays.sorted()[delays.count / 2]
    }
}
