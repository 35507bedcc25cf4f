import Basics

/// How often which span of time occurred, in buckets less than 1 % wide.
///
/// 128 buckets per power of two of microseconds: two thousand counters hold everything up to a
/// minute, however long the run.
struct Histogram: Sendable {
    private static let bits = 7
    /// Without the buckets below the first that was ever used.
    private var counts: [UInt32] = []
    private var first = 0
    private(set) var count = 0
    private(set) var greatest = TimeSpan.zero

    mutating func add(_ span: TimeSpan) {
        let at = Histogram.bucket(max(0, span.nanoseconds / 1_000))
        make(room: at)
        counts[at - first] += 1
        count += 1
        greatest = max(greatest, span)
    }

    mutating func add(_ other: Histogram) {
        for (at, number) in other.counts.enumerated() where number > 0 {
            make(room: other.first + at)
            counts[other.first + at - first] += number
        }
        count += other.count
        greatest = max(greatest, other.greatest)
    }

    /// The span that a part of all spans do not exceed (nearest rank), in milliseconds.
    func quantile(_ part: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((part * Double(count)).rounded(.up)))
        var seen = 0
        for (at, count) in counts.enumerated() {
            seen += Int(count)
            if seen >= rank { return min(Histogram.upper(first + at), greatest.milliseconds) }
        }
        return greatest.milliseconds
    }

    /// The distribution: for every bucket in use its upper end in milliseconds and the share up to it.
    var curve: [CurvePoint] {
        var seen = 0
        return counts.indices.compactMap { at in
            guard counts[at] > 0 else { return nil }
            seen += Int(counts[at])
            let value = min(Histogram.upper(first + at), greatest.milliseconds)
            return CurvePoint(value: value, share: Double(seen) / Double(count))
        }
    }

    private mutating func make(room at: Int) {
        if counts.isEmpty { first = at }
        if at < first {
            counts.insert(contentsOf: repeatElement(0, count: first - at), at: 0)
            first = at
        }
        while first + counts.count <= at { counts.append(0) }
    }

    private static func bucket(_ microseconds: Int64) -> Int {
        let width = Int64.bitWidth - microseconds.leadingZeroBitCount
        let shift = max(0, width - bits - 1)
        return shift << bits + Int(microseconds >> Int64(shift))
    }

    /// The upper end of a bucket in milliseconds.
    private static func upper(_ at: Int) -> Double {
        let low = 1 << bits
        let shift = max(0, at / low - 1)
        let base = at - shift * low
        return Double((base + 1) << shift) / 1_000
    }
}
