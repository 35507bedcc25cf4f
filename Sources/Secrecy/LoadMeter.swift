import Basics

/// Counts events over about the last second: this second's and the part of the last one's that is
/// still within.
struct LoadMeter: Sendable {
    private static let second = TimeSpan.seconds(1)
    private var start = Instant.origin
    private var current = 0
    private var previous = 0

    /// Counts an event; returns how many there were within the last second, this one included.
    mutating func count(at now: Instant) -> Int {
        let age = now - start
        if age >= LoadMeter.second * 2 || age < .zero {
            (start, current, previous) = (now, 0, 0)
        } else if age >= LoadMeter.second {
            (start, current, previous) = (start + LoadMeter.second, 0, current)
        }
        current += 1
        let share = 1 - (now - start).seconds
        return current + Int(Double(previous) * share)
    }
}
