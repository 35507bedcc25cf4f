/// A queue of events in order of time; events of the same time come in order of insertion.
///
/// A binary heap over one array. Insertion and removal are O(log n). Everything is inlinable: without
/// specialisation in other modules the queue cost 11 % of a hop (measured).
public struct EventHeap<Event> {
    @usableFromInline
    struct Entry {
        @usableFromInline var time: Instant
        @usableFromInline var sequence: UInt64
        @usableFromInline var event: Event

        @inlinable
        init(time: Instant, sequence: UInt64, event: Event) {
            self.time = time
            self.sequence = sequence
            self.event = event
        }

        @inlinable
        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? sequence < other.sequence : time < other.time
        }
    }

    @usableFromInline var entries: [Entry] = []
    @usableFromInline var sequence: UInt64 = 0

    /// Makes an empty queue.
    @inlinable public init() {}

    /// How many events wait.
    @inlinable public var count: Int { entries.count }
    /// Whether none wait.
    @inlinable public var isEmpty: Bool { entries.isEmpty }
    /// The time of the first event.
    @inlinable public var nextTime: Instant? { entries.first?.time }
    /// The first event, left in the queue.
    @inlinable public var first: Event? { entries.first?.event }

    /// Adds an event.
    @inlinable public mutating func insert(_ event: Event, at time: Instant) {
        entries.append(Entry(time: time, sequence: sequence, event: event))
        sequence += 1
        siftUp(entries.count - 1)
    }

    /// Takes the first event out; nil when none wait.
    @inlinable public mutating func removeFirst() -> (time: Instant, event: Event)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            siftDown()
        }
        return (first.time, first.event)
    }

    @inlinable
    mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    @inlinable
    mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].isBefore(entries[least]) { least = child }
            }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}

extension EventHeap.Entry: Sendable where Event: Sendable {}
extension EventHeap: Sendable where Event: Sendable {}
