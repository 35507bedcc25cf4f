/// Which classes of peers can connect to which: what is known of NATs, as data.
///
/// A class is whatever decides who can be reached, such as a type of NAT; the tracker numbers
/// them. The optimiser never pairs classes that cannot connect, prefers pairs that connect easily,
/// and leaves seats that all can reach to those that few can serve. NATCracker's 27 types
/// (Roverso, El-Ansary, Haridi, ICCCN 2009) and the open ones fit.
public struct Reachability: Sendable, Equatable {
    /// How well a pair connects.
    public enum Grade: UInt8, Sendable, Comparable, CaseIterable {
        /// Not at all, or only through a relay.
        case never
        /// By predicting ports or by many probes: it may fail and takes time.
        case hard
        /// By simultaneous opening.
        case easy
        /// Without any help.
        case direct

        /// Orders from never to direct.
        public static func < (left: Grade, right: Grade) -> Bool { left.rawValue < right.rawValue }
    }

    /// How many classes there are, from 1 to `classesMax`.
    public let classCount: Int
    /// Bit b of entry a: whether classes a and b can connect.
    private let masks: [UInt64]
    private let grades: [Grade]

    /// The most classes that there may be.
    public static let classesMax = 64

    /// Everybody reaches everybody.
    public static let full = Reachability(classCount: 1) { _, _ in .direct }

    /// Asks for the grade of each pair of classes, the lower one first; connections have no
    /// direction.
    public init(classCount: Int, grade: (Int, Int) -> Grade) {
        precondition((1...Reachability.classesMax).contains(classCount), "\(classCount) classes")
        self.classCount = classCount
        var grades = [Grade](repeating: .never, count: classCount * classCount)
        var masks = [UInt64](repeating: 0, count: classCount)
        for low in 0..<classCount {
            for high in low..<classCount {
                let grade = grade(low, high)
                grades[low * classCount + high] = grade
                grades[high * classCount + low] = grade
                guard grade != .never else { continue }
                masks[low] |= 1 << UInt64(high)
                masks[high] |= 1 << UInt64(low)
            }
        }
        self.grades = grades
        self.masks = masks
    }

    /// How well two classes connect; a class that does not exist counts as the last one.
    public func grade(_ first: Int, _ second: Int) -> Grade {
        let last = classCount - 1
        return grades[min(max(0, first), last) * classCount + min(max(0, second), last)]
    }

    /// Whether two classes that exist can connect.
    @inline(__always)
    func allows(_ first: UInt8, _ second: UInt8) -> Bool {
        masks[Int(first)] >> UInt64(second) & 1 == 1
    }
}
