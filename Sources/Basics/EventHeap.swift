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

    /// Moves the entry at a place up to where it belongs; the others move down by one each.
    @inlinable
    mutating func siftUp(_ start: Int) {
        entries.withUnsafeMutableBufferPointer { entries in
            let moving = entries[start]
            var hole = start
            while hole > 0 {
                let parent = (hole - 1) / 2
                guard moving.isBefore(entries[parent]) else { break }
                entries[hole] = entries[parent]
                hole = parent
            }
            entries[hole] = moving
        }
    }

    /// Moves the first entry down to where it belongs.
    @inlinable
    mutating func siftDown() {
        entries.withUnsafeMutableBufferPointer { entries in
            let moving = entries[0]
            var hole = 0
            while true {
                var child = 2 * hole + 1
                guard child < entries.count else { break }
                if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) {
                    child += 1
                }
                guard entries[child].isBefore(moving) else { break }
                entries[hole] = entries[child]
                hole = child
            }
            entries[hole] = moving
        }
    }
}

extension EventHeap.Entry: Sendable where Event: Sendable {}
extension EventHeap: Sendable where Event: Sendable {}
