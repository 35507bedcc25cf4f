import Basics
import Paths
import Simulation
import Testing
import Wire

@Suite("NatProbe")
struct NatProbeTests {
    private static func configuration(_ type: NatType) -> NatBox.Configuration {
        NatBox.Configuration(type, outside: Endpoint(ipv4: 0xCB00_710A, port: 0))
    }

    @Test("tells all 27 types", arguments: NatType.allCases)
    func types(type: NatType) {
        var world = ProbeWorld(NatProbeTests.configuration(type), seed: 1)
        let reading = world.reading(seed: 5)
        #expect(reading.type == type)
        #expect(reading.answers == .yes)
        #expect(reading.isMappingProven && reading.isFilteringProven)
        #expect(reading.hairpin == .yes)
        #expect(reading.translation == .address)
        #expect(reading.outside?.sharesHost(with: world.box.configuration.outside) == true)
        #expect(world.closed == world.used)
        #expect(world.now < .origin + .seconds(5))
    }

    @Test("tells all 27 types while every tenth datagram is lost, each way", arguments: 1...5)
    func loss(seed: UInt64) {
        var conditions = ProbeWorld.Conditions()
        conditions.loss = 0.1
        for type in NatType.allCases {
            let seeds = (seed &* 100 + UInt64(type.byte), seed &* 7)
            var world = ProbeWorld(NatProbeTests.configuration(type), conditions, seed: seeds.0)
            let reading = world.reading(seed: seeds.1)
            #expect(reading.type == type, "seed \(seed)")
            #expect(reading.answers == .yes)
        }
    }

    @Test("tells all 27 types over IPv6")
    func ipv6() {
        var conditions = ProbeWorld.Conditions()
        conditions.family = .ipv6
        for type in NatType.allCases {
            let outside = Endpoint(high: 0x2001_0DB8_0000_0009, low: 1, port: 0)
            let configuration = NatBox.Configuration(type, outside: outside)
            var world = ProbeWorld(configuration, conditions, seed: 3)
            #expect(world.reading(seed: 4).type == type)
        }
    }

    @Test("sees a firewall without translation, and hosts without either")
    func firewall() {
        for filtering in NatType.Dependence.allCases {
            let type = NatType(.endpointIndependent, filtering, .preserving)
            let host = Endpoint(ipv4: 0x0A00_0102, port: 0)
            var world = ProbeWorld(NatBox.Configuration(type, outside: host), seed: 2)
            let reading = world.reading(seed: 9)
            #expect(reading.translation == .none)
            #expect(reading.type == type)
            #expect(reading.plainWords.hasPrefix("No NAT"))
        }
    }

    @Test("with one tracker takes the likelier mapping and the stricter filter, and says so")
    func oneTracker() {
        var conditions = ProbeWorld.Conditions()
        conditions.trackers = 1
        conditions.changes = .port
        for type in NatType.allCases {
            var world = ProbeWorld(NatProbeTests.configuration(type), conditions, seed: 4)
            let reading = world.reading(seed: 6)
            let isDependent = type.mapping == .addressAndPortDependent
            #expect(reading.type.mapping == (isDependent ? type.mapping : .endpointIndependent))
            #expect(reading.isMappingProven == isDependent)
            #expect(reading.type.filtering == max(type.filtering, .addressDependent))
            let isStrict = type.filtering == .addressAndPortDependent
            #expect(reading.isFilteringProven == isStrict, "\(type)")
            #expect(reading.type.allocation == type.allocation)
        }
    }

    @Test("a tracker that only answers from where it was asked proves nothing about the filter")
    func careless() {
        var conditions = ProbeWorld.Conditions()
        conditions.ignoresChanges = true
        for type in NatType.allCases {
            var world = ProbeWorld(NatProbeTests.configuration(type), conditions, seed: 6)
            let reading = world.reading(seed: 6)
            #expect(reading.type.filtering == .addressAndPortDependent)
            #expect(!reading.isFilteringProven)
            #expect(reading.type.mapping == type.mapping)
        }
    }

    @Test("sees that its IPv6 becomes IPv4 on the way")
    func familyChange() {
        var conditions = ProbeWorld.Conditions()
        conditions.family = .ipv6
        var world = ProbeWorld(NatProbeTests.configuration(.usual), conditions, seed: 5)
        let reading = world.reading(seed: 5)
        #expect(reading.translation == .family)
        #expect(reading.type == .usual)
    }

    @Test("measures the distance of contiguous ports, also among others' mappings")
    func delta() {
        for delta in [1, 2, -1, -4, 31] {
            let type = NatType(.addressAndPortDependent, .addressDependent, .contiguous)
            var configuration = NatProbeTests.configuration(type)
            configuration.delta = delta
            var conditions = ProbeWorld.Conditions()
            conditions.noise = 1
            var world = ProbeWorld(configuration, conditions, seed: 8)
            let reading = world.reading(seed: 2)
            #expect(reading.type == type)
            #expect(Int(reading.delta) == delta)
        }
    }

    @Test("sees whether the NAT turns datagrams round")
    func hairpin() {
        for type in NatType.allCases {
            var configuration = NatProbeTests.configuration(type)
            configuration.hairpin = .unsupported
            var world = ProbeWorld(configuration, seed: 3)
            let reading = world.reading(seed: 3)
            #expect(reading.hairpin == .no)
            #expect(reading.type == type)
        }
    }

    @Test("ends without an answer where UDP does not get through, and sends no more than it may")
    func blocked() {
        var conditions = ProbeWorld.Conditions()
        conditions.loss = 1
        var world = ProbeWorld(NatProbeTests.configuration(.usual), conditions, seed: 1)
        let reading = world.reading(seed: 1)
        #expect(reading.answers == .no)
        #expect(!reading.isReachable)
        #expect(world.sent == 18)
        #expect(world.now < .origin + .seconds(3))
        #expect(world.closed == world.used)
    }

    @Test("believes no stranger: what does not answer a question of its own changes nothing")
    func strangers() {
        let tracker = Endpoint(ipv4: 0xC633_640A, port: 3_478)
        let landmarks = NatProbe.Landmarks(
            primary: tracker,
            otherPort: nil,
            otherHost: nil,
            changes: []
        )
        var probe = NatProbe(landmarks, insideHosts: [], seed: 5, at: .origin)
        var effects: [NatProbe.Effect] = []
        probe.advance(to: .origin, into: &effects)
        #expect(effects.count == 1)
        var random = SeededRandom(seed: 2)
        for length in 0..<400 {
            let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
            let place = (number: length % 8, port: UInt16(4_000))
            probe.receive(Bytes(bytes), from: tracker, on: place, at: .origin, into: &effects)
            let forged = StunMessage(.success, .init(high: 1, low: random.next()))
            let datagram = Bytes(forged.emitted)
            probe.receive(datagram, from: tracker, on: place, at: .origin, into: &effects)
        }
        #expect(effects.count == 1 && probe.phase == .mapping)
        #expect(probe.reading == NatReading())
    }
}
