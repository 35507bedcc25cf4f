import Basics

/// The events of single machines: a ring of slots of virtual time, each as wide as the network's least
/// delay (a calendar queue: Brown, Communications of the ACM, 1988).
///
/// Insertion is O(1). What is due within one slot comes out together, to be sorted by machine; what is
/// further away than the ring waits in a heap.
struct EventWheel {
    /// An event and its time.
    struct Entry {
        var time: Instant
        var occurrence: World.Occurrence
    }

    /// With slots of 10 ms the ring holds 1.3 s: more than what a peer, a path or a queue waits for.
    private static let slotCount = 128

    /// How wide a slot is.
    let width: TimeSpan
    /// Where the present slot ends.
    private(set) var slotEnd: Instant
    private var slots = [[Entry]](repeating: [], count: slotCount)
    private var present = 0
    private var far = EventHeap<World.Occurrence>()
    /// How many events wait.
    private(set) var count = 0

    /// An empty wheel that begins at an instant.
    init(width: TimeSpan, at now: Instant) {
        self.width = width
        slotEnd = now + width
    }

    mutating func insert(_ occurrence: World.Occurrence, at time: Instant) {
        count += 1
        let ahead = (time - slotEnd).nanoseconds
        let steps = ahead < 0 ? 0 : ahead / width.nanoseconds + 1
        guard steps < EventWheel.slotCount else {
            far.insert(occurrence, at: time)
            return
        }
        let at = (present + Int(steps)) % EventWheel.slotCount
        slots[at].append(Entry(time: time, occurrence: occurrence))
    }

    /// Takes everything out that is due before an instant, which must not be beyond the slot's end.
    ///
    /// Events of the same time come in the order of their insertion.
    mutating func take(before limit: Instant, into batch: inout [Entry]) {
        while let time = far.nextTime, time < limit, let (_, occurrence) = far.removeFirst() {
            batch.append(Entry(time: time, occurrence: occurrence))
        }
        if limit == slotEnd {
            batch.append(contentsOf: slots[present])
            slots[present].removeAll(keepingCapacity: true)
        } else {
            batch.append(contentsOf: slots[present].lazy.filter { $0.time < limit })
            slots[present].removeAll { $0.time < limit }
        }
        count -= batch.count
    }

    /// The present slot is over and empty.
    mutating func moveOn() {
        present = (present + 1) % EventWheel.slotCount
        slotEnd += width
    }

    /// Everything that waits, in order of time.
    func ordered() -> [Entry] {
        var (heap, result) = (far, [Entry]())
        for step in 0..<EventWheel.slotCount {
            for entry in slots[(present + step) % EventWheel.slotCount] {
                heap.insert(entry.occurrence, at: entry.time)
            }
        }
        while let (time, occurrence) = heap.removeFirst() {
            result.append(Entry(time: time, occurrence: occurrence))
        }
        return result
    }
}
