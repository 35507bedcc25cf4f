public import Basics

/// What waits for the uplink: pushes to interior nodes, to leaves, then repairs; each earliest deadline first.
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
    public enum Cause: Int, Sendable, CaseIterable {
        /// The child subscribed to its stripe and has children there itself.
        case trunk
        /// The child subscribed to its stripe.
        case push
        /// The child asked for this chunk.
        case repair
    }

    /// The most items that wait.
    public static let itemsMax = 2_048

    /// What waits of each cause.
    private var waiting = Cause.allCases.map { _ in EventHeap<Item>() }
    /// Items that were given up, because their deadline passed or the queue was full.
    public private(set) var droppedCount = 0

    /// Makes an empty queue.
    public init() {}

    /// How many items wait.
    public var count: Int { waiting.reduce(0) { $0 + $1.count } }
    /// Whether none wait.
    public var isEmpty: Bool { waiting.allSatisfy { $0.isEmpty } }

    /// Adds an item with its deadline; a full queue refuses it.
    public mutating func insert(_ item: Item, deadline: Instant) {
        guard count < SendQueue.itemsMax else {
            droppedCount += 1
            return
        }
        waiting[item.cause.rawValue].insert(item, at: deadline)
    }

    /// Gives up what waited beyond its deadline, so that `count` tells what is still to be sent.
    public mutating func expire(at now: Instant) {
        for row in waiting.indices {
            while let next = waiting[row].nextTime, next < now {
                waiting[row].removeFirst()
                droppedCount += 1
            }
        }
    }

    /// Takes the most urgent item that can still be in time; what is pushed goes before what was asked for.
    ///
    /// A pushed chunk feeds everybody below the child, which is why interior nodes go before leaves. Were old chunks to go first, every uplink that is
    /// short of its demand for a moment would make all later chunks late, and those would be asked for too.
    public mutating func removeFirst(at now: Instant) -> Item? {
        for row in waiting.indices {
            while let (deadline, item) = waiting[row].removeFirst() {
                if deadline >= now { return item }
                droppedCount += 1
            }
        }
        return nil
    }
}
