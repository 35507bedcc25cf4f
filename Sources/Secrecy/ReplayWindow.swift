/// Which of the latest counters have been seen (RFC 6479): one bit each, in a ring of words.
///
/// The word that the highest counter is in lies beside the ring: nearly all datagrams need no other one, and
/// the ring is rarely in the processor's caches (measured: looking into it for each was 4 % of a
/// simulation).
struct ReplayWindow: Sendable {
    /// Counters this far behind the highest are refused.
    static let size: UInt64 = 2_048
    /// One word more than the window, so that a part of a word never stands for two ages.
    private static let wordCount = size / 64 + 1

    /// One above the highest counter seen; 0 at the beginning.
    private(set) var end: UInt64 = 0
    /// The word of the highest counter; its place in the ring is out of date.
    private var newest: UInt64 = 0
    private var words = [UInt64](repeating: 0, count: Int(wordCount))

    /// Whether a counter is neither seen nor too old.
    func accepts(_ counter: UInt64) -> Bool {
        if counter >= end { return true }
        guard end - counter <= ReplayWindow.size else { return false }
        let word = counter / 64 == (end - 1) / 64 ? newest : words[place(counter / 64)]
        return word & bit(counter) == 0
    }

    /// Marks a counter as seen; it must be accepted and below `UInt64.max`.
    mutating func insert(_ counter: UInt64) {
        let present = end == 0 ? 0 : (end - 1) / 64
        if counter / 64 > present { move(from: present, to: counter / 64) }
        if counter >= end { end = counter + 1 }
        if counter / 64 == (end - 1) / 64 {
            newest |= bit(counter)
        } else {
            words[place(counter / 64)] |= bit(counter)
        }
    }

    /// Puts the newest word into the ring and empties those that the window moves into.
    private mutating func move(from old: UInt64, to new: UInt64) {
        words[place(old)] = newest
        newest = 0
        for step in 0..<min(new - old, ReplayWindow.wordCount) { words[place(new - step)] = 0 }
    }

    private func place(_ word: UInt64) -> Int { Int(word % ReplayWindow.wordCount) }
    private func bit(_ counter: UInt64) -> UInt64 { 1 << (counter % 64) }
}
