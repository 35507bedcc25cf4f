import Basics
import Simulation
import Testing

@Suite("NatBox")
struct NatBoxTests {
    private let outside = Endpoint(ipv4: 0xCB00_710A, port: 0)
    private let inside = Endpoint(ipv4: 0x0A00_0102, port: 5_000)
    private let remote = Endpoint(ipv4: 0xC633_640A, port: 3_478)
    private let otherPort = Endpoint(ipv4: 0xC633_640A, port: 3_479)
    private let otherHost = Endpoint(ipv4: 0xC633_640B, port: 3_478)

    private func box(_ type: NatType, seed: UInt64 = 7) -> NatBox {
        NatBox(NatBox.Configuration(type, outside: outside), seed: seed)
    }

    @Test("maps as its type says", arguments: NatType.allCases)
    func mapping(type: NatType) {
        var box = box(type)
        let ports = [remote, otherPort, otherHost]
            .map { box.outbound(from: inside, to: $0, at: .origin)?.port }
        #expect((ports[0] == ports[1]) == (type.mapping != .addressAndPortDependent))
        #expect((ports[0] == ports[2]) == (type.mapping == .endpointIndependent))
        #expect(!ports.contains(nil))
    }

    @Test("filters as its type says", arguments: NatType.allCases)
    func filtering(type: NatType) {
        var box = box(type)
        guard let seen = box.outbound(from: inside, to: remote, at: .origin) else {
            Issue.record("no mapping")
            return
        }
        func isLetIn(_ from: Endpoint) -> Bool {
            box.inbound(from: from, to: seen, at: .origin) == inside
        }
        #expect(isLetIn(remote))
        #expect(isLetIn(otherPort) == (type.filtering != .addressAndPortDependent))
        #expect(isLetIn(otherHost) == (type.filtering == .endpointIndependent))
        let unused = seen.with(port: seen.port ^ 1)
        #expect(box.inbound(from: remote, to: unused, at: .origin) == nil)
    }

    @Test("allocates as its type says", arguments: NatType.allCases)
    func allocation(type: NatType) {
        var box = box(type)
        let sockets = (0..<6).map { inside.with(port: 5_000 + 10 * $0) }
        let ports = sockets.map { box.outbound(from: $0, to: remote, at: .origin)?.port ?? 0 }
        let steps = Set(zip(ports, ports.dropFirst()).map { Int($1) - Int($0) })
        switch type.allocation {
        case .preserving: #expect(ports == sockets.map(\.port))
        case .contiguous: #expect(steps == [1])
        case .random: #expect(steps.count == 5 && ports != sockets.map(\.port))
        }
    }

    @Test("never shares an outside port: the second to want one gets another")
    func collision() {
        for type in NatType.allCases where type.allocation == .preserving {
            var box = box(type)
            let neighbour = Endpoint(ipv4: 0x0A00_0103, port: inside.port)
            let first = box.outbound(from: inside, to: remote, at: .origin)
            let second = box.outbound(from: neighbour, to: otherHost, at: .origin)
            #expect(first?.port == inside.port)
            #expect(second != nil && second?.port != inside.port)
        }
    }

    @Test("answers what was let in by the port it came in by, whatever the mapping")
    func answers() {
        for type in NatType.allCases where type.filtering == .endpointIndependent {
            var box = box(type)
            guard let seen = box.outbound(from: inside, to: remote, at: .origin) else { continue }
            #expect(box.inbound(from: otherHost, to: seen, at: .origin) == inside)
            #expect(box.outbound(from: inside, to: otherHost, at: .origin) == seen, "\(type)")
        }
    }

    @Test("forgets a mapping after its time-out, unless the inside goes on sending")
    func timeout() {
        for type in NatType.allCases {
            var configuration = NatBox.Configuration(type, outside: outside)
            configuration.bindingTimeout = .seconds(30)
            var quiet = NatBox(configuration, seed: 1)
            let seen = quiet.outbound(from: inside, to: remote, at: .origin) ?? outside
            let (before, after) = (Instant.origin + .seconds(29), Instant.origin + .seconds(31))
            #expect(quiet.inbound(from: remote, to: seen, at: before) == inside)
            // What comes in keeps nothing alive.
            #expect(quiet.inbound(from: remote, to: seen, at: after) == nil, "\(type)")
            var kept = NatBox(configuration, seed: 1)
            for second in stride(from: 0, through: 100, by: 20) {
                let at = Instant.origin + .seconds(second)
                #expect(kept.outbound(from: inside, to: remote, at: at) == seen)
            }
            let late = Instant.origin + .seconds(129)
            #expect(kept.inbound(from: remote, to: seen, at: late) == inside)
        }
    }

    @Test("turns datagrams round between its own hosts, or does not")
    func hairpin() {
        let neighbour = Endpoint(ipv4: 0x0A00_0103, port: 5_001)
        for hairpin in [NatBox.Hairpin.supported, .unsupported] {
            var configuration = NatBox.Configuration(.usual, outside: outside)
            configuration.hairpin = hairpin
            var box = NatBox(configuration, seed: 1)
            let seen = box.outbound(from: neighbour, to: remote, at: .origin) ?? inside
            #expect(box.owns(seen))
            let turned = box.turned(from: inside, to: seen, at: .origin)
            #expect(turned?.to == (hairpin == .supported ? neighbour : nil))
            #expect(turned.map { box.owns($0.from) } ?? (hairpin == .unsupported))
        }
    }

    @Test("a restart ends all mappings and gives other ports, with an address another address")
    func rebind() {
        for type in NatType.allCases {
            var box = box(type)
            let seen = box.outbound(from: inside, to: remote, at: .origin) ?? outside
            box.rebind()
            #expect(box.inbound(from: remote, to: seen, at: .origin) == nil)
            let again = box.outbound(from: inside, to: remote, at: .origin)
            #expect(again != nil && again != seen && again?.sharesHost(with: outside) == true)
            let moved = Endpoint(ipv4: 0xCB00_7199, port: 0)
            box.rebind(to: moved)
            let there = box.outbound(from: inside, to: remote, at: .origin)
            #expect(there?.sharesHost(with: moved) == true)
        }
    }

    @Test("keeps its tables within their bounds, and has room again after the time-out")
    func bounds() {
        var configuration = NatBox.Configuration(
            NatType(.addressAndPortDependent, .addressAndPortDependent, .random),
            outside: outside
        )
        configuration.mappingsMax = 100
        configuration.flowsMax = 150
        var box = NatBox(configuration, seed: 9)
        var refused = 0
        for number in 0..<500 {
            let target = remote.with(port: 10_000 + UInt16(number))
            if box.outbound(from: inside, to: target, at: .origin) == nil { refused += 1 }
        }
        #expect(refused == 400)
        #expect(box.mappingCount == 100 && box.flowCount == 100)
        let later = Instant.origin + .seconds(121)
        #expect(box.outbound(from: inside, to: remote, at: later) != nil)
        #expect(box.mappingCount == 1 && box.flowCount <= 150)
    }

    @Test("the same seed gives the same ports, another seed others")
    func seeds() {
        let type = NatType(.addressAndPortDependent, .endpointIndependent, .random)
        func ports(_ seed: UInt64) -> [UInt16?] {
            var box = box(type, seed: seed)
            return (0..<20).map {
                box.outbound(from: inside, to: remote.with(port: 2_000 + $0), at: .origin)?.port
            }
        }
        #expect(ports(1) == ports(1))
        #expect(ports(1) != ports(2))
        #expect(ports(1).allSatisfy { ($0 ?? 0) >= NatBox.portMin })
    }
}
