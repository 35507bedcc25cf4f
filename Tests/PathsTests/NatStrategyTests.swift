import Basics
import Paths
import Testing

@Suite("NatStrategy")
struct NatStrategyTests {
    /// What connects two NATs at the least, measured with real datagrams through real NATs: `S` simple,
    /// `P` port prediction, `-` nothing that is worth its datagrams.
    ///
    /// Rows and columns in the order of the types' bytes: mapping EI, AD, APD; in each filtering EI,
    /// AD, APD; in each allocation preserving, contiguous, random.
    static let measured = [
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSSSSSSSPP-PP-SSSPP-PP-", "SSSSSSSSSSSSPP-PP-SSSPP-PP-",
        "SSSSSSSSSSSSPP-PP-SSSPP-PP-", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSPPPSSSPPPPPPSSSPPPPPP", "SSSSSSPPPSSSPPPPPPSSSPPPPPP",
        "SSSSSS---SSSPP----SSSPP----", "SSSSSSPPPSSSPP-PP-SSSPP-PP-",
        "SSSSSSPPPSSSPP-PP-SSSPP-PP-", "SSSSSS---SSSPP----SSSPP----",
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSSSSSSSSSSSSSSSSSSSSSS",
        "SSSSSSSSSSSSSSSSSSSSSSSSSSS", "SSSSSSPPPSSSPPPPPPSSSPPPPPP",
        "SSSSSSPPPSSSPPPPPPSSSPPPPPP", "SSSSSS---SSSPP----SSSPP----",
        "SSSSSSPPPSSSPP-PP-SSSPP-PP-", "SSSSSSPPPSSSPP-PP-SSSPP-PP-",
        "SSSSSS---SSSPP----SSSPP----",
    ]

    private static func letter(_ effort: NatStrategy.Effort) -> Character {
        switch effort {
        case .simple: "S"
        case .prediction: "P"
        case .relaying: "-"
        }
    }

    /// How often each value of a property occurs among the 378 unordered pairs.
    private static func counts<Value: Hashable>(_ value: (NatStrategy) -> Value) -> [Value: Int] {
        var counts: [Value: Int] = [:]
        for one in NatType.allCases {
            for other in NatType.allCases where one.byte <= other.byte {
                counts[value(NatStrategy(one, other)), default: 0] += 1
            }
        }
        return counts
    }

    @Test("agrees with the measurement on every one of the 27 × 27 pairs")
    func cells() {
        for (one, row) in zip(NatType.allCases, NatStrategyTests.measured) {
            for (other, expected) in zip(NatType.allCases, row) {
                let got = NatStrategyTests.letter(NatStrategy(one, other).effort)
                #expect(got == expected, "\(one) and \(other)")
            }
        }
    }

    @Test("264 of the 378 pairs are simple, 76 need prediction, 38 a relay")
    func efforts() {
        let counts = NatStrategyTests.counts(\.effort)
        #expect(counts == [.simple: 264, .prediction: 76, .relaying: 38])
    }

    @Test("207 pairs are dialled, 57 open at the same time")
    func kinds() {
        let counts = NatStrategyTests.counts { $0 }
        #expect(counts[.reversal] == 207)
        #expect(counts[.simultaneousOpen] == 57)
        #expect(NatStrategy.allCases.compactMap { counts[$0] }.reduce(0, +) == 378)
        for one in NatType.allCases {
            #expect(NatStrategy(one, .open) == .reversal)
        }
    }

    @Test("the order of the two does not matter")
    func symmetric() {
        for one in NatType.allCases {
            for other in NatType.allCases {
                #expect(NatStrategy(one, other) == NatStrategy(other, one))
            }
        }
    }

    @Test("the usual NAT meets the port-preserving and the contiguous one by one foretold port")
    func usual() {
        let apd = NatType.Dependence.addressAndPortDependent
        #expect(NatStrategy(.usual, .usual) == .simultaneousOpen)
        #expect(NatStrategy(.usual, NatType(apd, apd, .preserving)) == .predictPreserving)
        #expect(NatStrategy(.usual, NatType(apd, apd, .contiguous)) == .predictContiguous)
        #expect(NatStrategy(.usual, NatType(apd, apd, .random)) == .relay)
        let contiguous = NatType(apd, apd, .contiguous)
        #expect(NatStrategy(contiguous, contiguous) == .predictInterleaved)
        #expect(NatStrategy(contiguous, NatType(apd, apd, .preserving)) == .predictInterleaved)
    }

    @Test("a population as measured reaches at least 80 % of its pairs")
    func population() {
        // Percent by mapping-allocation-filtering, from NATCracker's simulator.
        let ei = NatType.Dependence.endpointIndependent
        let (ad, apd) = (
            NatType.Dependence.addressDependent, NatType.Dependence.addressAndPortDependent
        )
        let shares: [(NatType, Double)] = [
            (NatType(ei, apd, .preserving), 46.6), (NatType(apd, apd, .random), 12.4),
            (NatType(ei, apd, .random), 9.9), (NatType(ei, ei, .preserving), 9.3),
            (NatType(ei, ei, .random), 7.7), (NatType(ei, ad, .preserving), 4.6),
            (NatType(ei, ei, .contiguous), 4.4), (NatType(apd, apd, .preserving), 2.6),
            (NatType(apd, ei, .preserving), 0.7), (NatType(apd, ei, .random), 0.6),
            (NatType(ei, apd, .contiguous), 0.6), (NatType(ei, ad, .random), 0.4),
            (NatType(ad, apd, .random), 0.2),
        ]
        let total = shares.reduce(0) { $0 + $1.1 }
        var reached = 0.0
        for (one, share) in shares {
            for (other, otherShare) in shares where NatStrategy(one, other) != .relay {
                reached += share * otherShare / total / total
            }
        }
        #expect(reached > 0.80 && reached < 0.90, "\(reached)")
    }
}
