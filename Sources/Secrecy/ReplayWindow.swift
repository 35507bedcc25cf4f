/// Which of the latest counters have been seen (RFC 6479): one bit each, in a ring of words.
struct ReplayWindow: Sendable {
    /// Counters this far behind the highest are refused.
    static let size: UInt64 = 2_048
    /// One word more than the window, so that a part of a word never stands for two ages.
    private static let wordCount = size / 64 + 1

    /// One above the highest counter seen; 0 at the beginning.
    private(set) var end: UInt64 = 0
    private var words = [UInt64](repeating: 0, count: Int(wordCount))

    /// Whether a counter is neither seen nor too old.
    func accepts(_ counter: UInt64) -> Bool {
        if counter >= end { return true }
        return end - counter <= ReplayWindow.size && words[word(counter)] & bit(counter) == 0
    }

    /// Marks a counter as seen; it must be accepted and below `UInt64.max`.
    mutating func insert(_ counter: UInt64) {
        if counter >= end {
            clear(after: end == 0 ? nil : (end - 1) / 64, through: counter / 64)
            end = counter + 1
        }
        words[word(counter)] |= bit(counter)
    }

    /// Empties the words that the window moves into.
    private mutating func clear(after old: UInt64?, through new: UInt64) {
        let first = old.map { $0 + 1 } ?? 0
        guard new >= first else { return }
        for step in 0..<min(new - first + 1, ReplayWindow.wordCount) {
            words[Int((new - step) % ReplayWindow.wordCount)] = 0
        }
    }

    private func word(_ counter: UInt64) -> Int { Int(counter / 64 % ReplayWindow.wordCount) }
    private func bit(_ counter: UInt64) -> UInt64 { 1 << (counter % 64) }
}
