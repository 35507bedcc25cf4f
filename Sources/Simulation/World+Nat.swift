import Basics
import Overlay

/// NATs on the way: who is seen from where, who gets what comes in, and what hosts learn of their NAT.
extension World {
    /// How a datagram gets to whom it is for.
    struct Route {
        /// Whom the receiver sees it come from.
        var source: Endpoint
        /// The machine; behind a NAT, the one that its outside port belongs to by now.
        var target: Int
        /// Over which network.
        var way: Way

        enum Way {
            /// To a machine with a public address.
            case open
            /// To an outside port of a NAT, which lets it in or drops it when it comes there.
            case nat
            /// Within one local network.
            case local
        }
    }

    /// A datagram from a host to its neighbour takes this long.
    private static let lanDelay = TimeSpan.milliseconds(1)
    /// A host knows its NAT's mapping after a round trip, as it joins, and the rest of it after six
    /// questions that nobody answers and those that come then (`Paths.NatProbe`).
    private static let mappingKnown = TimeSpan.milliseconds(100)
    private static let natKnown = TimeSpan.seconds(3)
    /// After that it tries how long mappings live that nobody uses, by two spans of silence at once
    /// (`Paths.LifetimeProbe`).
    private static let lifetimeSpans = [5, 9].map { TimeSpan.seconds($0) }
    /// It looks at the newest port this often, when there is something to see.
    private static let portsLookedAt = TimeSpan.seconds(2)

    /// The way of a datagram; nil when a NAT drops it at once or nobody is there.
    mutating func route(from machine: Machine, to endpoint: Endpoint) -> Route? {
        guard let lan = machine.lan else {
            return outer(from: machine.endpoint, to: endpoint)
        }
        if let neighbour = lan.hosts[endpoint] {
            return Route(source: machine.endpoint, target: neighbour, way: .local)
        }
        if lan.box.owns(endpoint) {
            guard let turned = lan.box.turned(from: machine.endpoint, to: endpoint, at: now),
                let neighbour = lan.hosts[turned.to]
            else { return nil }
            return Route(source: turned.from, target: neighbour, way: .local)
        }
        guard !endpoint.isPrivate,
            let seen = lan.box.outbound(from: machine.endpoint, to: endpoint, at: now)
        else { return nil }
        return outer(from: seen, to: endpoint)
    }

    /// The key of an endpoint in the directory; nil for one that no machine has.
    static func number(of endpoint: Endpoint) -> Int? {
        endpoint.ipv4.map { Int($0) << 16 | Int(endpoint.port) }
    }

    private mutating func outer(from source: Endpoint, to endpoint: Endpoint) -> Route? {
        let target = World.number(of: endpoint).map { directory[$0] } ?? -1
        if target >= 0 {
            return Route(source: source, target: target, way: .open)
        }
        guard let lan = lans[endpoint.with(port: 0)] else { return nil }
        return Route(source: source, target: lan.machine(at: endpoint.port), way: .nat)
    }

    /// Carries a datagram within a local network, which loses nothing.
    mutating func hand(_ flight: Flight, to target: Int) {
        land(flight, at: target, .arrival, at: now + World.lanDelay)
    }

    /// A datagram comes to the outside of a NAT.
    mutating func enter(_ place: Int, at index: Int) {
        guard let lan = machines[index].lan, let flight = flights.remove(place) else { return }
        let outside = lan.outside.with(port: flight.port)
        guard let inside = lan.box.inbound(from: flight.source, to: outside, at: now),
            let target = lan.hosts[inside]
        else {
            tallies.filtered += 1
            return
        }
        let isLimited = machines[target].access.down != nil
        let place = flights.insert(flight)
        if isLimited { reach(place, at: target) } else { arrive(place, at: target) }
    }

    /// Puts a machine behind a NAT of its own, that of its neighbour, or that of its predecessor.
    mutating func shelter(_ index: Int, _ newcomer: Newcomer, outside: Endpoint) -> Lan? {
        if let predecessor = newcomer.predecessor { return machines[predecessor].lan }
        if let neighbour = newcomer.neighbour { return machines[neighbour].lan }
        guard let plan = newcomer.nat else { return nil }
        var configuration = NatBox.Configuration(plan.draw(&random), outside: outside.with(port: 0))
        configuration.bindingTimeout = plan.bindingTimeout
        let lan = Lan(NatBox(configuration, seed: random.next()), first: index)
        lans[lan.outside] = lan
        return lan
    }

    /// Looks at a machine's NAT, as a driver does when it begins.
    ///
    /// Where there is no NAT in the whole network, everybody knows.
    mutating func beginSurvey(of index: Int) {
        let isAnybodyHidden = population.contains { $0.nat != nil }
        guard isAnybodyHidden || machines[0].lan != nil else { return survey(index, step: 0) }
        heap.insert(
            Occurrence(kind: .survey, machine: index, value: 0),
            at: now + World.mappingKnown
        )
        guard machines[index].lan != nil else { return }
        heap.insert(
            Occurrence(kind: .survey, machine: index, value: 1),
            at: now + World.natKnown
        )
        heap.insert(
            Occurrence(kind: .lifetime, machine: index, value: 0),
            at: now + World.natKnown + (World.lifetimeSpans.last ?? .zero)
        )
    }

    /// Tells a peer the longest span of silence that a mapping of its NAT outlives.
    mutating func learnLifetime(_ index: Int) {
        let machine = machines[index]
        guard let lan = machine.lan, !machine.isGone else { return }
        let timeout = lan.box.configuration.bindingTimeout
        let alive = World.lifetimeSpans.last { $0 < timeout } ?? .zero
        machine.peer?.learn(mappingsLive: alive, at: machine.local(now))
    }

    /// Tells a peer what its driver knows of the NAT by now, by a socket that has sent nothing yet.
    mutating func survey(_ index: Int, step: Int) {
        let machine = machines[index]
        guard !machine.isGone else { return }
        guard let lan = machine.lan else {
            var open = NatOutlook.open
            open.traits = .untranslated
            machine.peer?.learn(open, at: machine.local(now))
            return
        }
        let configuration = lan.box.configuration
        var type = configuration.type
        var traits: NatOutlook.Traits = configuration.hairpin == .supported ? [.hairpins] : []
        if step == 0 {
            type = NatType(type.mapping, .addressAndPortDependent, .preserving)
            traits = .provisional
        }
        machine.surveys &+= 1
        let socket = machine.endpoint.with(port: 40_000 + machine.surveys % 20_000)
        let tracker = machines[trackerMachine].endpoint
        let newest = lan.box.outbound(from: socket, to: tracker, at: now)
        let outlook = NatOutlook(
            type,
            delta: Int8(clamping: configuration.delta),
            newestPort: newest?.port ?? 0,
            insidePort: machine.endpoint.port,
            traits: traits
        )
        machine.peer?.learn(outlook, at: machine.local(now))
        let isMoving = type.mapping != .endpointIndependent && type.allocation == .contiguous
        guard step > 0, isMoving else { return }
        heap.insert(
            Occurrence(kind: .survey, machine: index, value: step + 1),
            at: now + World.portsLookedAt
        )
    }

    /// The victims' NATs forget everything, as after a restart.
    mutating func rebind(_ victims: [Int]) {
        faultAt = now
        for index in victims { machines[index].lan?.box.rebind() }
    }

    /// The victims' NATs get other addresses on the outside, and forget everything.
    mutating func renumber(_ victims: [Int]) {
        faultAt = now
        var done: Set<Endpoint> = []
        for index in victims {
            guard let lan = machines[index].lan, !done.contains(lan.outside) else { continue }
            lans[lan.outside] = nil
            lan.box.rebind(to: freshNetwork().with(port: 0))
            lans[lan.outside] = lan
            done.insert(lan.outside)
        }
    }
}
