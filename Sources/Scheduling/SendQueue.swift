public import Basics

/// What waits for the uplink, earliest deadline first.
///
/// Only a capped uplink ever holds anything here. The bound is what a cap of 100 Mbit/s sends in
/// about 200 ms; when it is reached the least urgent goes.
public struct SendQueue {
    /// A chunk for a child.
    public struct Item: Sendable, Equatable {
        /// The child's slot.
        public var slot: Int
        /// The chunk.
        public var chunk: ChunkID
        /// Whether the child asked for it.
        public var cause: Cause

        /// Makes an item.
        public init(slot: Int, chunk: ChunkID, cause: Cause) {
            self.slot = slot
            self.chunk = chunk
            self.cause = cause
        }
    }

    /// Why a chunk is sent.
    public enum Cause: UInt8, Sendable {
        /// The child subscribed to its stripe.
        case push
        /// The child asked for this chunk.
        case repair
    }

    /// The most items that wait.
    public static let itemsMax = 2_048

    private var heap = EventHeap<Item>()
    /// Items that were given up, because their deadline passed or the queue was full.
    public private(set) var droppedCount = 0

    /// Makes an empty queue.
    public init() {}

    /// How many items wait.
    public var count: Int { heap.count }
    /// Whether none wait.
    public var isEmpty: Bool { heap.isEmpty }

    /// Adds an item with its deadline; a full queue refuses it.
    public mutating func insert(_ item: Item, deadline: Instant) {
        guard heap.count < SendQueue.itemsMax else {
            droppedCount += 1
            return
        }
        heap.insert(item, at: deadline)
    }

    /// Takes the most urgent item that can still be in time.
    public mutating func removeFirst(at now: Instant) -> Item? {
        while let (deadline, item) = heap.removeFirst() {
            if deadline >= now { return item }
            droppedCount += 1
        }
        return nil
    }
}
