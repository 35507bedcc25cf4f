import Basics

/// Virtual time in windows that are as long as the network's least delay.
///
/// Whatever a machine sends reaches no other one within such a window, so the order of events at
/// different machines does not matter there (lookahead: Chandy and Misra, 1979; here in one thread). The
/// events of one machine then happen one after the other while everything about it is in the
/// processor's caches: with 200 viewers half of all time went into waiting for memory (measured). What
/// concerns several machines (faults, joins, looks at the whole) ends the window before it.
extension World {
    /// Windows shorter than this are not worth their sorting.
    private static let windowMin = TimeSpan.milliseconds(1)

    /// How long a datagram takes at least; nil where machines meet in less: neighbours in one local
    /// network, and receivers whose line to the network has a state that every sender changes.
    private var lookahead: TimeSpan? {
        guard order == .byWindows, network.burst == nil, lans.isEmpty,
            !population.contains(where: { $0.nat != nil })
        else { return nil }
        let least = network.delayMin
        return least < World.windowMin ? nil : least
    }

    /// Follows the network when its least delay changes.
    mutating func adjustWindows() {
        let width = lookahead
        guard width != wheel?.width else { return }
        let waiting = wheel?.ordered() ?? []
        wheel = width.map { EventWheel(width: $0, at: now) }
        for entry in waiting { schedule(entry.occurrence, at: entry.time) }
        guard width != nil else { return }
        var others = EventHeap<Occurrence>()
        while let (time, occurrence) = heap.removeFirst() {
            if occurrence.kind.isLocal {
                schedule(occurrence, at: time)
            } else {
                others.insert(occurrence, at: time)
            }
        }
        heap = others
    }

    /// Lets something happen at a machine.
    mutating func schedule(_ occurrence: Occurrence, at time: Instant) {
        if batch.site >= 0, time < batch.end, Int(sites[occurrence.machine]) == batch.site {
            batch.insert(EventWheel.Entry(time: time, occurrence: occurrence))
        } else if wheel != nil {
            wheel?.insert(occurrence, at: time)
        } else {
            heap.insert(occurrence, at: time)
        }
    }

    /// How many events wait.
    var eventCount: Int { heap.count + (wheel?.count ?? 0) }

    /// Lets everything happen up to an instant.
    mutating func advance(to end: Instant) {
        while wheel == nil ? step(to: end) : stepByWindow(to: end) {}
        now = max(now, end)
    }

    /// The next event; false when there is none up to an instant.
    private mutating func step(to end: Instant) -> Bool {
        guard let next = heap.nextTime, next <= end, let (time, event) = heap.removeFirst()
        else { return false }
        now = time
        perform(event)
        return true
    }

    /// The next window, and the event of the whole that ends it; false when all is done up to an instant.
    private mutating func stepByWindow(to end: Instant) -> Bool {
        guard let slotEnd = wheel?.slotEnd else { return true }
        let whole = heap.nextTime ?? .distantFuture
        let stop = min(slotEnd, min(whole, end + TimeSpan(nanoseconds: 1)))
        runWindow(before: stop)
        if whole == stop, whole <= end { return step(to: end) }
        if stop == slotEnd { wheel?.moveOn() }
        return stop == slotEnd
    }

    private mutating func runWindow(before end: Instant) {
        wheel?.take(before: end, into: &batch.entries)
        guard !batch.entries.isEmpty else { return }
        batch.end = end
        batch.group(by: sites)
        for at in batch.busy.indices {
            foresee(from: at)
            batch.begin(busy: at)
            while let entry = batch.removeFirst() {
                now = entry.time
                perform(entry.occurrence)
            }
        }
        batch.finish()
    }
}
