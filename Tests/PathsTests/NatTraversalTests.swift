import Basics
import Paths
import Simulation
import Testing

@Suite("NAT traversal")
struct NatTraversalTests {
    private static func meet(
        _ one: NatType,
        _ other: NatType,
        _ manner: Meeting.Manner,
        seed: UInt64 = 1
    ) -> Bool {
        var meeting = Meeting([one, other], seed: seed)
        return meeting.succeeds(manner)
    }

    /// The least effort that connects two NATs, whoever sends.
    private static func effort(_ one: NatType, _ other: NatType) -> NatStrategy.Effort {
        let senders = [0...1, 0...0, 1...1]
        if senders.contains(where: { meet(one, other, .simple(senders: $0)) }) { return .simple }
        let isForeseen = senders.contains { meet(one, other, .prediction(senders: $0)) }
        return isForeseen ? .prediction : .relaying
    }

    @Test("datagrams through two NATs say what the table says, for all 27 × 27 pairs")
    func table() {
        for one in NatType.allCases {
            for other in NatType.allCases {
                let effort = NatTraversalTests.effort(one, other)
                #expect(effort == NatStrategy(one, other).effort, "\(one) and \(other)")
            }
        }
    }

    @Test("the plan for a pair connects it, for every pair that is not relayed", arguments: 1...3)
    func plans(seed: UInt64) {
        for one in NatType.allCases {
            for other in NatType.allCases {
                let isDirect = NatStrategy(one, other) != .relay
                let meets = NatTraversalTests.meet(one, other, .planned, seed: seed)
                #expect(meets == isDirect, "\(one) and \(other), seed \(seed)")
            }
        }
    }

    @Test(
        "ports that go up by 2 or down by 1 are foretold as well",
        arguments: [2, -1, 7] as [Int8]
    )
    func deltas(delta: Int8) {
        for one in NatType.allCases where one.allocation == .contiguous {
            for other in NatType.allCases where NatStrategy(one, other) != .relay {
                var meeting = Meeting([one, other], delta: delta, seed: 5)
                let meets = meeting.succeeds(.planned)
                #expect(meets, "\(one) and \(other)")
            }
        }
    }

    @Test("one foretold port stands five foreign mappings, two do not stand one")
    func noise() {
        let apd = NatType.Dependence.addressAndPortDependent
        let contiguous = NatType(apd, apd, .contiguous)
        for mappings in 0...7 {
            var single = Meeting([contiguous, .usual], seed: 3)
            single.disturb(side: 0, mappings: mappings)
            #expect(single.succeeds(.planned) == (mappings <= 5), "\(mappings)")
            var both = Meeting([contiguous, contiguous], seed: 3)
            both.disturb(side: 0, mappings: mappings)
            #expect(both.succeeds(.planned) == (mappings == 0), "\(mappings)")
        }
    }

    @Test("nobody sends more than six punches to whom it has not heard")
    func budget() {
        for one in NatType.allCases {
            for other in NatType.allCases {
                var meeting = Meeting([one, other], loss: 0.5, seed: UInt64(one.byte))
                _ = meeting.succeeds(.planned)
                let most = meeting.punches.max() ?? 0
                #expect(most <= PunchPlan.punchesMax)
            }
        }
    }

    @Test("with 3 % loss nine of ten introductions succeed, and three in a row all but always")
    func loss() {
        var (first, never, pairs) = (0, 0, 0)
        for one in NatType.allCases {
            for other in NatType.allCases where NatStrategy(one, other) != .relay {
                pairs += 1
                let tries = (UInt64(0)..<3).map { number in
                    let seed = 100 + UInt64(one.byte) * 81 + UInt64(other.byte) * 3 + number
                    var meeting = Meeting([one, other], loss: 0.03, seed: seed)
                    return meeting.succeeds(.planned)
                }
                first += tries[0] ? 1 : 0
                never += tries.contains(true) ? 0 : 1
            }
        }
        #expect(Double(first) > 0.9 * Double(pairs), "\(first) of \(pairs)")
        #expect(never == 0)
    }
}
