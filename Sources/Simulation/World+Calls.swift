import Basics
import Driving
import Overlay
import Tracking
import Wire

/// Calls into the cores: what a driver does with datagrams and deadlines.
extension World {
    mutating func arrive(_ place: Int, at index: Int) {
        guard let flight = flights.remove(place) else { return }
        var machine = machines[index]
        while let next = machine.successor { machine = machines[next] }
        switch machine.state {
        case .gone: tallies.unheard += 1
        case .paused: machine.hold(flight)
        case .running: give(flight, to: machine)
        }
    }

    mutating func give(_ flight: Flight, to machine: Machine) {
        let size = flight.datagram.count
        trace.note(.arrival, machine.index, size: size, from: flight.from, at: now)
        machine.wireIn += size + Envelope.headerOverhead
        if let tap { tap(flight.from, machine.index, Bytes(flight.datagram.bytes)) }
        guard let (kind, service) = Envelope.parse(firstByte: flight.datagram.head[0]) else {
            return
        }
        machine.courtesy.receive(kind, size: size, from: Int(sites[flight.from]))
        switch service {
        case .tracker:
            machine.tracker?.receive(
                flight.datagram,
                from: flight.source,
                at: machine.local(now),
                into: &effects
            )
            machine.settleUplink(at: machine.local(now))
        case .peer:
            machine.peer?.receive(
                flight.datagram,
                from: flight.source,
                at: machine.local(now),
                into: &effects
            )
        }
        performEffects(of: machine, by: service)
    }

    mutating func fire(_ index: Int, generation: Int) {
        let machine = machines[index]
        machine.timersWaiting -= 1
        guard machine.fire(UInt32(truncatingIfNeeded: generation)), machine.state == .running
        else { return }
        wake(machine)
    }

    /// Calls the cores of a machine that are due.
    mutating func wake(_ machine: Machine) {
        let local = machine.local(now)
        let isPeerDue = machine.peer != nil && machine.peerDue <= now
        let isTrackerDue = machine.tracker != nil && machine.trackerDue <= now
        if isPeerDue || isTrackerDue {
            trace.note(.timer, machine.index, size: 0, from: 0, at: now)
        }
        if isPeerDue {
            machine.peer?.advance(to: local, into: &effects)
            performEffects(of: machine, isLast: !isTrackerDue)
        }
        if isTrackerDue {
            machine.tracker?.advance(to: local, into: &effects)
            machine.settleUplink(at: local)
            performEffects(of: machine, by: .tracker)
        }
        if !isPeerDue, !isTrackerDue { rearm(machine.index) }
    }

    /// The encoder goes on while there is no source to take its packets.
    mutating func publish() {
        let source = machines[0]
        let packets = programme.publish(upTo: now - World.start, at: now)
        if source.state == .running, source.peer != nil, !packets.isEmpty {
            trace.note(.publish, 0, size: packets.count, from: 0, at: now)
            source.peer?.publish(packets, at: source.local(now), into: &effects)
            performEffects(of: source)
        }
        guard now + World.publishInterval <= publishesUntil else { return }
        schedule(
            Occurrence(kind: .publish, machine: 0, value: 0),
            at: now + World.publishInterval
        )
    }
}
