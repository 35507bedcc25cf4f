import Basics
import Paths

/// What the type of a NAT means for a viewer.
struct NatMeaning {
    /// How many of the 27 types can be met plainly, by foretelling a port, and by a relay only.
    let counts: [Int]
    private let type: NatType

    init(_ type: NatType) {
        self.type = type
        let efforts = NatType.allCases.map { NatStrategy(type, $0).effort }
        counts = NatStrategy.Effort.allCases.map { effort in efforts.count { $0 == effort } }
    }

    /// One or two sentences.
    var words: String {
        let (plain, foretold, relayed) = (counts[0], counts[1], counts[2])
        if relayed == 0, foretold == 0 { return "Every viewer can be met directly." }
        var parts = ["\(plain) of the 27 kinds of NAT can be met directly"]
        if foretold > 0 { parts.append("\(foretold) by foretelling a port") }
        if relayed > 0 { parts.append("\(relayed) only through others") }
        return parts.joined(separator: ", ") + "."
    }

    /// What to do, where it matters.
    var advice: String? {
        guard counts[2] > 0 || type.mapping != .endpointIndependent else { return nil }
        switch type.mapping {
        case .endpointIndependent: return nil
        case .addressDependent, .addressAndPortDependent:
            return
                "Playing works, since the source feeds you; to feed others as well, switch on UPnP or"
                + " PCP in the router, or forward a UDP port there and use --listen with it."
        }
    }
}
