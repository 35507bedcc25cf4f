import Basics
import CHints
import Overlay

/// While the events of one site happen, what those of the next sites will need is brought into the
/// processor's caches.
///
/// A window's events are known before they happen, and with hundreds of peers nearly everything about the
/// next one is far away in memory: with 200 viewers three fifths of all time were spent waiting for it
/// (measured). One thing leads to the next, so it goes in three steps, each a site ahead of the one before.
/// Hints change nothing but the time that a run takes.
extension World {
    /// Looks ahead from a place among the sites that something happens at.
    mutating func foresee(from at: Int) {
        fetchMachine(ofBusy: at + 3)
        fetchDatagrams(ofBusy: at + 2)
        fetchNeighbours(ofBusy: at + 1)
    }

    /// The machine with its peer, and where its datagrams are.
    private mutating func fetchMachine(ofBusy at: Int) {
        let range = batch.range(ofBusy: at)
        guard let first = range.first else { return }
        let machine = machines.withUnsafeBytes {
            let offset = batch.occurrence(first).machine * MemoryLayout<Machine>.stride
            return $0.load(fromByteOffset: offset, as: UnsafeRawPointer.self)
        }
        fetch(machine, Machine.nearSize)
        for place in range {
            let occurrence = batch.occurrence(place)
            guard occurrence.kind == .arrival, let flight = flights.memory(of: occurrence.value)
            else { continue }
            fetch(flight, MemoryLayout<Flight>.stride)
        }
    }

    /// The datagrams' bytes, and the lists of whom the peer knows.
    private mutating func fetchDatagrams(ofBusy at: Int) {
        let range = batch.range(ofBusy: at)
        guard let first = range.first else { return }
        for place in range {
            let occurrence = batch.occurrence(place)
            guard occurrence.kind == .arrival, let head = flights.head(of: occurrence.value)
            else { continue }
            fetch(head, 128)
        }
        machines[batch.occurrence(first).machine].peer?.showLists(fetch)
    }

    /// Whom the datagrams come from, as the receiver knows them, and whom it passes them on to.
    private mutating func fetchNeighbours(ofBusy at: Int) {
        let range = batch.range(ofBusy: at)
        guard let first = range.first else { return }
        let machine = machines[batch.occurrence(first).machine]
        var isFed = false
        for place in range {
            let occurrence = batch.occurrence(place)
            guard occurrence.kind == .arrival,
                let (session, sender) = flights.session(of: occurrence.value)
            else { continue }
            isFed = true
            machine.peer?.show(session: session, fetch)
            machine.courtesy.show(Int(sites[sender]), fetch)
        }
        if isFed { machine.peer?.showChildren(fetch) }
    }
}

/// Fetches some bytes, line by line.
@inline(__always)
private func fetch(_ place: UnsafeRawPointer, _ size: Int) {
    for offset in stride(from: 0, to: size, by: 64) { candela_will_use(place + offset) }
}
