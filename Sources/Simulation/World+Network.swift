import Basics
import Wire

/// The way of one datagram, in the order of the code:
///
/// 1. `send`: what a core sends is counted, the sender watched, and its NAT passed (`World+Nat`);
/// 2. `leave`: the uplink's queue, then the network, which loses, delays and doubles;
/// 3. `enter`: the receiver's NAT, if it has one;
/// 4. `reach`: the downlink's queue in front of the receiver;
/// 5. `arrive`: the receiver's socket, then its cores.
extension World {
    /// A datagram from a machine to itself takes this long.
    private static let loopbackDelay = TimeSpan.microseconds(30)

    mutating func send(_ datagram: Datagram, from machine: Machine, to endpoint: Endpoint) {
        let size = datagram.count + Envelope.headerOverhead
        tallies.datagrams += 1
        guard let route = route(from: machine, to: endpoint) else {
            tallies.unheard += 1
            return
        }
        machine.wireOut += size
        let site = Int(sites[route.target])
        if let rude = machine.courtesy.send(datagram, to: site, tracker: trackerMachine) {
            note(rude, at: machine.index)
        }
        var flight = Flight(datagram: datagram, from: machine.index, source: route.source)
        switch route.way {
        case .open: leave(flight, for: route.target)
        case .nat:
            flight.port = endpoint.port
            leave(flight, for: route.target)
        case .local: hand(flight, to: route.target)
        }
    }

    /// The uplink, then the network.
    private mutating func leave(_ flight: consuming Flight, for target: Int) {
        let machine = machines[flight.from]
        guard target != machine.index else {
            return land(flight, at: target, .arrival, at: now + World.loopbackDelay)
        }
        let size = flight.datagram.count + Envelope.headerOverhead
        guard let departed = machine.depart(size, at: now) else {
            tallies.tailDrops += 1
            return
        }
        tallies.wireBytes += size
        guard !isCut(machine, target), !isLost(machine, target) else {
            tallies.lost += 1
            return
        }
        let spot = spots[target]
        let delay = network.delay(from: machine.place, to: spot.place)
        if network.corrupt > 0, machine.random.unit() < network.corrupt {
            flight.datagram = corrupted(flight.datagram, &machine.random)
        }
        let isTwice = network.duplicate > 0 && machine.random.unit() < network.duplicate
        let kind: Occurrence.Kind =
            flight.port != 0 ? .enter : spot.isLimited ? .reach : .arrival
        if isTwice {
            land(copy flight, at: target, kind, at: departed + delay + wobble(&machine.random))
        }
        land(flight, at: target, kind, at: departed + delay + wobble(&machine.random))
    }

    mutating func land(
        _ flight: consuming Flight,
        at target: Int,
        _ kind: Occurrence.Kind,
        at time: Instant
    ) {
        let place = flights.insert(flight)
        schedule(Occurrence(kind: kind, machine: target, value: place), at: time)
    }

    /// The downlink of the receiver.
    mutating func reach(_ place: Int, at index: Int) {
        guard let size = flights.size(at: place) else { return }
        guard let time = machines[index].enter(size + Envelope.headerOverhead, at: now) else {
            tallies.tailDrops += 1
            _ = flights.remove(place)
            return
        }
        schedule(Occurrence(kind: .arrival, machine: index, value: place), at: time)
    }

    private mutating func isLost(_ sender: Machine, _ target: Int) -> Bool {
        if network.loss > 0, sender.random.unit() < network.loss { return true }
        guard let burst = network.burst else { return false }
        return machines[target].loses(burst)
    }

    /// Jitter, and what a datagram that is overtaken waits in addition.
    private mutating func wobble(_ random: inout SeededRandom) -> TimeSpan {
        let span = Double(network.jitter.nanoseconds) * random.unit()
        let jitter = TimeSpan(nanoseconds: Int64(span))
        guard network.reorder > 0, random.unit() < network.reorder else { return jitter }
        return jitter + network.reorderBy
    }

    private func corrupted(_ datagram: Datagram, _ random: inout SeededRandom) -> Datagram {
        var bytes = datagram.bytes
        let bit = random.below(bytes.count * 8)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return Datagram(Bytes(bytes))
    }

    // Mutating in name: a world that is only looked at would be copied to be handed over, all 1,264 bytes.

    /// Whether the partition lies between two machines.
    private mutating func isCut(_ sender: Machine, _ target: Int) -> Bool {
        guard let partition else { return false }
        let receiver = machines[target]
        guard sender.isCutOff != receiver.isCutOff else { return false }
        switch partition.cut {
        case .halves: return true
        case .bridge: return sender.index != partition.bridge && receiver.index != partition.bridge
        case .oneWay: return receiver.isCutOff
        case .flapping(let period):
            let periods = (now - partition.since).nanoseconds / max(1, period.nanoseconds)
            return periods % 2 == 0
        }
    }
}

/// What a sender's datagram needs to know of its receiver.
///
/// In one array, for the receiver itself is not in the processor's caches when somebody sends to it.
struct Spot {
    let place: Place
    /// Its downlink has a rate.
    let isLimited: Bool

    init(of machine: Machine) {
        place = machine.place
        isLimited = machine.access.down != nil
    }
}

/// The cut that two groups of machines are apart by.
struct Partition {
    var cut: Fault.Cut
    var since: Instant
    /// The machine that hears both sides.
    var bridge: Int?
}
