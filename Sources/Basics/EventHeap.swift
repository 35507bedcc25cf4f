/// A queue of events in order of time; events of the same time come in order of insertion.
///
/// A binary heap over one array. Insertion and removal are O(log n).
public struct EventHeap<Event> {
    fileprivate struct Entry {
        var time: Instant
        var sequence: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            time == other.time ? sequence < other.sequence : time < other.time
        }
    }

    private var entries: [Entry] = []
    private var sequence: UInt64 = 0

    /// Makes an empty queue.
    public init() {}

    /// How many events wait.
    public var count: Int { entries.count }
    /// Whether none wait.
    public var isEmpty: Bool { entries.isEmpty }
    /// The time of the first event.
    public var nextTime: Instant? { entries.first?.time }
    /// The first event, left in the queue.
    public var first: Event? { entries.first?.event }

    /// Adds an event.
    public mutating func insert(_ event: Event, at time: Instant) {
        entries.append(Entry(time: time, sequence: sequence, event: event))
        sequence += 1
        siftUp(entries.count - 1)
    }

    /// Takes the first event out; nil when none wait.
    public mutating func removeFirst() -> (time: Instant, event: Event)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            siftDown()
        }
        return (first.time, first.event)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
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
