import Basics

/// The events of one window of virtual time, site by site, each site's in order of time.
struct EventBatch {
    /// Where the window ends; nothing that happens in it reaches another site before.
    var end = Instant.origin
    /// The site whose events happen now; -1 between windows.
    private(set) var site = -1
    /// What was taken from the wheel.
    var entries: [EventWheel.Entry] = []
    /// Places in `entries`, by site.
    private var order: [Int32] = []
    /// Where each site's part of `order` ends.
    private var ends: [Int32] = []
    /// The sites that something happens at, in order.
    private(set) var busy: [Int32] = []
    /// The present site's events, in order of time, from `next` on.
    private var due: [EventWheel.Entry] = []
    private var next = 0

    /// Sorts what was taken by site: `sites` tells it of each machine.
    mutating func group(by sites: [Int32]) {
        ends.removeAll(keepingCapacity: true)
        ends.append(contentsOf: repeatElement(0, count: sites.count))
        for entry in entries { ends[Int(sites[entry.occurrence.machine])] += 1 }
        var sum: Int32 = 0
        busy.removeAll(keepingCapacity: true)
        for site in ends.indices {
            let count = ends[site]
            if count > 0 { busy.append(Int32(truncatingIfNeeded: site)) }
            ends[site] = sum
            sum += count
        }
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: repeatElement(0, count: entries.count))
        for (at, entry) in entries.enumerated() {
            let site = Int(sites[entry.occurrence.machine])
            order[Int(ends[site])] = Int32(truncatingIfNeeded: at)
            ends[site] += 1
        }
    }

    /// Where the events of the site at a place of `busy` are; nowhere behind the last one.
    func range(ofBusy at: Int) -> Range<Int> {
        guard at < busy.count else { return 0..<0 }
        let site = Int(busy[at])
        return (site == 0 ? 0 : Int(ends[site - 1]))..<Int(ends[site])
    }

    /// What happens at a place of such a range, in no order.
    func occurrence(_ at: Int) -> World.Occurrence { entries[Int(order[at])].occurrence }

    /// Begins with the site at a place of `busy`.
    mutating func begin(busy at: Int) {
        site = Int(busy[at])
        for at in range(ofBusy: at) { due.append(entries[Int(order[at])]) }
        if due.count > 1 { due.sort { $0.time < $1.time } }
    }

    /// Adds an event of the present site, behind those of the same time.
    mutating func insert(_ entry: EventWheel.Entry) {
        var (low, high) = (next, due.count)
        while low < high {
            let middle = (low + high) / 2
            if due[middle].time <= entry.time { low = middle + 1 } else { high = middle }
        }
        due.insert(entry, at: low)
    }

    /// The present site's next event; nil when none is left in the window.
    mutating func removeFirst() -> EventWheel.Entry? {
        guard next < due.count else {
            due.removeAll(keepingCapacity: true)
            next = 0
            site = -1
            return nil
        }
        next += 1
        return due[next - 1]
    }

    /// Forgets the window.
    mutating func finish() {
        entries.removeAll(keepingCapacity: true)
        end = .origin
    }
}
