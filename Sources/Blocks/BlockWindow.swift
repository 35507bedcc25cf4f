import Basics

/// Values by block number within a bounded span of numbers.
///
/// A ring that is indexed by the number's low bits: O(1) access without hashing, and it grows with
/// the span that is in use. Numbers between the lowest and the highest may have no value.
struct BlockWindow<Element: Sendable>: Sendable {
    private var slots: [Element?] = []
    /// The lowest number that has a value; meaningless when empty.
    private var lowest = 0
    private var highest = -1
    /// The highest and the lowest number differ by less than this.
    let spanMax: Int
    /// How many numbers have a value.
    private(set) var count = 0

    /// Makes an empty window of at most `spanMax` numbers, at least one.
    init(spanMax: Int) { self.spanMax = max(1, spanMax) }

    /// The numbers from the lowest to the highest that have a value; nil when there are none.
    var bounds: ClosedRange<UInt32>? {
        count == 0 ? nil : UInt32(lowest)...UInt32(highest)
    }

    /// The value of a block.
    ///
    /// A getter, not an accessor that lends the value: such a one allocates its frame at every look, and that
    /// was a quarter of all allocations of a simulation (measured).
    ///
    /// Always inlined, so that whoever looks at one field does not take hold of all of them.
    @inline(__always)
    subscript(block: UInt32) -> Element? {
        spans(block) ? slots[slot(Int(block))] : nil
    }

    /// Changes the value of a block where it is kept; nil when there is none.
    @discardableResult
    mutating func change<Result>(
        _ block: UInt32,
        _ body: (inout Element) -> Result
    ) -> Result? {
        guard spans(block) else { return nil }
        let at = slot(Int(block))
        // Taken out meanwhile, so that nothing else refers to what it holds.
        guard var element = slots[at].take() else { return nil }
        defer { slots[at] = element }
        return body(&element)
    }

    /// Whether a block has a value.
    func contains(_ block: UInt32) -> Bool { spans(block) && slots[slot(Int(block))] != nil }

    /// Whether a block would find room: it is not too far below the highest.
    func hasRoom(for block: UInt32) -> Bool {
        count == 0 || Int(block) > highest - spanMax
    }

    /// Sets a value.
    ///
    /// Call `removeAll(below:)` first when the span would become too long: a block without room is
    /// not kept.
    mutating func insert(_ element: Element, at block: UInt32) {
        let number = Int(block)
        let low = count == 0 ? number : min(lowest, number)
        let high = count == 0 ? number : max(highest, number)
        guard high - low < spanMax else { return }
        grow(to: high - low + 1)
        lowest = low
        highest = high
        let at = slot(number)
        if slots[at] == nil { count += 1 }
        slots[at] = element
    }

    /// The lowest block from a number on that has a value.
    func first(from block: UInt32) -> UInt32? {
        guard count > 0, Int(block) <= highest else { return nil }
        for number in max(lowest, Int(block))...highest where slots[slot(number)] != nil {
            return UInt32(number)
        }
        return nil
    }

    /// Removes the values of all blocks below a number and tells each of them.
    mutating func removeAll(below block: UInt32, _ removed: (UInt32, Element) -> Void = { _, _ in })
    {
        while count > 0, lowest < Int(block) {
            if let element = slots[slot(lowest)] {
                slots[slot(lowest)] = nil
                count -= 1
                removed(UInt32(lowest), element)
            }
            lowest += 1
        }
        while count > 0, slots[slot(lowest)] == nil { lowest += 1 }
    }

    @inline(__always)
    private func spans(_ block: UInt32) -> Bool {
        count > 0 && Int(block) >= lowest && Int(block) <= highest
    }

    @inline(__always)
    private func slot(_ number: Int) -> Int { number & (slots.count - 1) }

    /// Makes the ring at least `span` long, a power of two.
    private mutating func grow(to span: Int) {
        guard span > slots.count else { return }
        var size = max(16, slots.count)
        while size < span { size *= 2 }
        var grown = [Element?](repeating: nil, count: size)
        if count > 0 {
            for number in lowest...highest { grown[number & (size - 1)] = slots[slot(number)] }
        }
        slots = grown
    }
}
