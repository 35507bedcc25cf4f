import Basics
import Paths
import Testing

@Suite("PunchPlan and PortPrediction")
struct PunchPlanTests {
    private typealias Outlook = PortPrediction.Outlook

    private func outlook(_ type: NatType, delta: Int8 = 1, newest: UInt16 = 40_000) -> Outlook {
        let observed = Endpoint(ipv4: 0xCB00_710A, port: 30_000)
        var outlook = Outlook(type: type, observed: observed, insidePort: 5_000, delta: delta)
        outlook.newestPort = newest
        return outlook
    }

    private func type(_ mapping: NatType.Dependence, _ allocation: NatType.Allocation) -> NatType {
        NatType(mapping, .addressAndPortDependent, allocation)
    }

    @Test("an endpoint-independent port is the one that the tracker sees, however it is allocated")
    func independent() {
        for allocation in NatType.Allocation.allCases {
            let far = outlook(type(.endpointIndependent, allocation))
            #expect(PortPrediction(far).ports == [30_000])
        }
    }

    @Test("a preserved port is the inside one, a contiguous one of the next six")
    func foretold() {
        for mapping in [NatType.Dependence.addressDependent, .addressAndPortDependent] {
            #expect(PortPrediction(outlook(type(mapping, .preserving))).ports == [5_000])
            let next = PortPrediction(outlook(type(mapping, .contiguous))).ports
            #expect(next == [40_001, 40_002, 40_003, 40_004, 40_005, 40_006])
            let back = PortPrediction(outlook(type(mapping, .contiguous), delta: -2)).ports
            #expect(back == [39_998, 39_996, 39_994, 39_992, 39_990, 39_988])
        }
    }

    @Test("contiguous ports go round at the ends of the range, and never below 1024")
    func wraps() {
        let contiguous = type(.addressAndPortDependent, .contiguous)
        let up = PortPrediction(outlook(contiguous, newest: 65_534)).ports
        #expect(up == [65_535, 1_024, 1_025, 1_026, 1_027, 1_028])
        let down = PortPrediction(outlook(contiguous, delta: -1, newest: 1_025)).ports
        #expect(down == [1_024, 65_535, 65_534, 65_533, 65_532, 65_531])
        for delta in [Int8.min, -1, 0, 1, .max] {
            for newest in [UInt16.min, 1, 1_023, 32_768, .max] {
                let far = outlook(contiguous, delta: delta, newest: newest)
                let ports = PortPrediction(far, count: 1_000).ports
                #expect(ports.count == 6 && Set(ports).count == 6)
                #expect(ports.allSatisfy { $0 >= 1_024 })
            }
        }
        #expect(PortPrediction(outlook(contiguous), count: -3).ports == [40_001])
    }

    @Test("no plan has more than six targets, nor more than one host; a relayed pair has no plan")
    func bounds() {
        for one in NatType.allCases {
            for other in NatType.allCases {
                let (near, far) = (outlook(one), outlook(other))
                let plan = PunchPlan(from: near, to: far)
                #expect((plan == nil) == (NatStrategy(one, other) == .relay))
                guard let plan else { continue }
                #expect(plan.targets.count <= PunchPlan.punchesMax)
                #expect(plan.targets.allSatisfy { $0.sharesHost(with: far.observed) })
                #expect(plan.target(-1) == nil && plan.target(PunchPlan.punchesMax) == nil)
                let opposite = PunchPlan(from: far, to: near)
                #expect(!(plan.targets.isEmpty && opposite?.targets.isEmpty == true))
                #expect(plan.strategy == opposite?.strategy)
            }
        }
    }

    @Test("who can be dialled at a port of its own per host waits for it")
    func waits() throws {
        let dialled = NatType(.addressAndPortDependent, .endpointIndependent, .random)
        let waiting = try #require(PunchPlan(from: outlook(dialled), to: outlook(.usual)))
        #expect(waiting.strategy == .reversal && waiting.targets.isEmpty)
        #expect(waiting.target(0) == nil)
        let dialling = try #require(PunchPlan(from: outlook(.usual), to: outlook(dialled)))
        #expect(dialling.targets.map(\.port) == [30_000])
        #expect(dialling.target(5)?.port == 30_000)
    }

    @Test("a preserved port needs a fresh socket, and has one try where each port is mapped anew")
    func fresh() throws {
        let preserving = type(.addressAndPortDependent, .preserving)
        let contiguous = type(.addressAndPortDependent, .contiguous)
        let plan = try #require(PunchPlan(from: outlook(preserving), to: outlook(contiguous)))
        #expect(plan.socket == .fresh)
        #expect(plan.targets.map(\.port) == [40_001])
        let other = try #require(PunchPlan(from: outlook(contiguous), to: outlook(preserving)))
        #expect(other.socket == .shared)
        #expect(other.targets.map(\.port) == [5_000])
        let wide = try #require(PunchPlan(from: outlook(.usual), to: outlook(contiguous)))
        #expect(wide.targets.count == 6)
        #expect((0..<6).compactMap { wide.target($0)?.port } == wide.targets.map(\.port))
    }
}
