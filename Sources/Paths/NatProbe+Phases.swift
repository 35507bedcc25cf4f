import Basics
import Wire

/// One phase after the other, and what each says.
extension NatProbe {
    /// Enters the next phase when nothing is under way; false when there is nothing to send for it.
    mutating func moveOn(at now: Instant, into effects: inout [Effect]) -> Bool {
        guard asker.isIdle else { return false }
        switch phase {
        case .mapping:
            effects.append(.close(socket: NatProbe.mappingSocket))
            endMapping(at: now)
        case .filtering:
            effects.append(.close(socket: NatProbe.filteringSocket))
            endFiltering()
            askAllocation(0, at: now)
        case .allocation(let number):
            if number + 1 < NatProbe.samplesMax {
                askAllocation(number + 1, at: now)
            } else {
                endAllocation()
                askHairpin(at: now)
            }
        case .hairpin:
            endHairpin()
            for number in 0..<NatProbe.samplesMax {
                effects.append(.close(socket: NatProbe.firstSample + number))
            }
        case .done: return false
        }
        return true
    }

    private mutating func endMapping(at now: Instant) {
        guard let any = seen[.primary] ?? seen[.otherPort] ?? seen[.otherHost] else {
            reading.answers = .no
            phase = .done
            return
        }
        reading.answers = .yes
        reading.type.mapping = mapping(any)
        reading.isMappingProven =
            reading.type.mapping == .addressAndPortDependent || seen[.otherHost] != nil
        phase = .filtering
        if landmarks.changes.contains(.port) { askFiltering(.filterPort, .port, at: now) }
        if landmarks.changes.contains(.host) { askFiltering(.filterHost, .host, at: now) }
    }

    /// Endpoint-independent, unless it was seen otherwise: the rarest by far is a mapping that depends
    /// on the address only (0.2 % of NATCracker's population).
    private func mapping(_ any: Endpoint) -> NatType.Dependence {
        if let primary = seen[.primary], let otherPort = seen[.otherPort], primary != otherPort {
            return .addressAndPortDependent
        }
        guard let otherHost = seen[.otherHost], any != otherHost else {
            return .endpointIndependent
        }
        let isPortKnown = seen[.primary] != nil && seen[.otherPort] != nil
        return isPortKnown ? .addressDependent : .addressAndPortDependent
    }

    private mutating func askFiltering(
        _ question: Question,
        _ change: StunMessage.Change,
        at now: Instant
    ) {
        var request = StunAsker<Question>.Request(
            question: question,
            socket: NatProbe.filteringSocket,
            target: landmarks.primary
        )
        request.change = change
        asker.ask(request, at: now)
    }

    private mutating func endFiltering() {
        let (port, host) = (letIn[.filterPort] ?? .unknown, letIn[.filterHost] ?? .unknown)
        switch (host, port) {
        case (.yes, _): reading.type.filtering = .endpointIndependent
        case (.no, .yes), (.unknown, .yes): reading.type.filtering = .addressDependent
        case (.no, .no), (.unknown, .no), (.no, .unknown), (.unknown, .unknown):
            reading.type.filtering = .addressAndPortDependent
        }
        reading.isFilteringProven = host == .yes || port == .no || (host == .no && port == .yes)
    }

    private mutating func askAllocation(_ number: Int, at now: Instant) {
        phase = .allocation(number)
        let socket = NatProbe.firstSample + number
        asker.ask(
            .init(question: .allocation(number), socket: socket, target: landmarks.primary),
            at: now
        )
    }

    private mutating func endAllocation() {
        let estimate = PortSample.allocation(of: samples)
        reading.type.allocation = estimate.allocation
        reading.delta = estimate.delta
        if let newest = samples.last { reading.outside = newest.outside }
    }

    /// Two sockets send to each other's outside endpoints, so that no filter is in the way.
    private mutating func askHairpin(at now: Instant) {
        phase = .hairpin
        guard samples.count >= 2, reading.translation != .none else { return }
        for (number, other) in [(0, 1), (1, 0)] {
            let socket = NatProbe.firstSample + samples[number].socket
            let target = samples[other].outside
            asker.ask(.init(question: .hairpin(number), socket: socket, target: target), at: now)
        }
    }

    private mutating func endHairpin() {
        phase = .done
        let findings = [letIn[.hairpin(0)] ?? .unknown, letIn[.hairpin(1)] ?? .unknown]
        reading.hairpin =
            findings.contains(.yes) ? .yes : findings.contains(.no) ? .no : .unknown
    }
}
