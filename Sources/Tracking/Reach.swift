import Basics
import Chandelier
import Paths
import Wire

/// Which members can meet, as Chandelier wants to know it: the types of their NATs are the classes.
///
/// Besides there are a class of members that meet only the source, and the source's own.
enum Reach {
    /// The class of a member that does not know its NAT yet: it counts as the usual one.
    static let unknown = UInt8(NatType.allCases.count)
    /// The class of members that are shown to nobody but the source.
    static let secluded = unknown + 1
    /// The source's class.
    static let source = unknown + 2
    /// How many classes there are.
    static let classCount = Int(source) + 1

    /// The table of `NatStrategy` in Chandelier's terms, for a source behind no NAT.
    static let table = makeTable(source: .open)

    /// The same for a source behind some NAT.
    static func makeTable(source type: NatType) -> Reachability {
        Reachability(classCount: classCount) { one, other in
            let classes = [UInt8(clamping: one), UInt8(clamping: other)]
            let types = classes.map { $0 == source ? type : NatType(byte: $0) ?? .usual }
            let isSecluded = classes.contains(secluded) && !classes.contains(source)
            return isSecluded ? .never : grade(NatStrategy(types[0], types[1]))
        }
    }

    /// How well a strategy connects.
    static func grade(_ strategy: NatStrategy) -> Reachability.Grade {
        switch strategy {
        case .reversal: .direct
        case .simultaneousOpen: .easy
        case .predictPreserving, .predictContiguous, .predictInterleaved: .hard
        case .relay: .never
        }
    }

    /// How many seats the source has to give because NATs keep others from giving theirs.
    ///
    /// Whoever can meet only few must find seats among these: for each class, those that reach nobody
    /// whom it does not reach are counted against the seats that it reaches (Hall's condition, on the
    /// sets that NATs make). With the seats for the trees of all others, if there are any.
    ///
    /// - Parameters:
    ///   - demand: the seats that the members of each class need.
    ///   - seats: the seats that they have.
    ///   - roots: the seats that the source gives in any case.
    /// - Returns: 0 when the members can feed each other.
    static func seatsMissing(demand: [Int], seats: [Int], roots: Int) -> Int {
        let present = demand.indices.filter { demand[$0] > 0 }
        var most = 0
        for one in present {
            let reached = present.filter { table.grade(one, $0) != .never }
            let bound = present.filter { other in
                present.allSatisfy {
                    table.grade(other, $0) == .never || table.grade(one, $0) != .never
                }
            }
            let wanted = bound.reduce(0) { $0 + demand[$1] }
            let missing = wanted - reached.reduce(0) { $0 + seats[$1] }
            guard missing > 0 else { continue }
            most = max(most, missing + (bound.count < present.count ? roots : 0))
        }
        return most
    }
}

extension Member {
    /// Its NAT; a member beside the tracker is as reachable as the tracker itself.
    var outlook: NatOutlook? {
        candidates.first?.isLoopback ?? false ? .open : nat
    }

    /// Its class in `Reach.table`.
    var reach: UInt8 {
        if role == .source { return Reach.source }
        if outlook?.traits.contains(.secluded) ?? false { return Reach.secluded }
        return outlook?.type.byte ?? Reach.unknown
    }

    /// What another member is told of its NAT.
    ///
    /// Each introduction since the last report has taken one more port of a NAT that gives every remote
    /// a port of its own, one after the other. The order in which they were taken is not certain: the
    /// window of foretold ports begins two earlier, unless both ports must be met exactly.
    func told(for strategy: NatStrategy) -> NatOutlook {
        let seen = candidates.first?.port ?? 0
        guard var result = outlook else {
            // Somebody must reach the source, or nobody would have a picture.
            let assumed = role == .source ? NatType.open : .usual
            return NatOutlook(assumed, newestPort: seen, insidePort: seen)
        }
        guard result.type.mapping != .endpointIndependent, result.type.allocation == .contiguous
        else { return result }
        let slack = strategy == .predictInterleaved ? 0 : 2
        let ahead = Int(result.delta) * max(0, portsTaken - slack)
        result.newestPort = UInt16(truncatingIfNeeded: Int(result.newestPort) + ahead)
        return result
    }
}
