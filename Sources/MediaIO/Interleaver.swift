/// Puts the access units of several streams into the order of their decoding times.
///
/// Files may hold one stream's units well before another's of the same time; paced as they come,
/// they would leave in bursts. A unit waits until every stream has one, or until the wait spans a
/// bounded time or size, which lets a stream that ended or pauses hold up nothing for long.
struct Interleaver {
    private struct Entry {
        let unit: AccessUnit
        let time: Int64
    }

    /// Three seconds of 90 kHz: more than muxers put between streams.
    static let spanFile: Int64 = 270_000
    /// Half a second: a live encoder that has announced sound and sends none costs no more lag.
    static let spanLive: Int64 = 45_000
    private static let bytesMax = 16 << 20
    private static let countMax = 4_096

    private let spanMax: Int64
    private var queues: [[Entry]]
    private var bytes = 0
    private var count = 0
    private var timeLast = Int64.min

    /// Makes one for a number of streams.
    init(streamCount: Int, spanMax: Int64 = spanFile) {
        self.spanMax = spanMax
        queues = Array(repeating: [], count: streamCount)
    }

    /// Takes a placed unit; `index` is its stream's place.
    mutating func insert(_ unit: AccessUnit, index: Int) {
        queues[index].append(Entry(unit: unit, time: unit.decodingTime))
        bytes += unit.size
        count += 1
        timeLast = max(timeLast, unit.decodingTime)
    }

    /// The next unit in order and its stream's place, when it is certain or a bound is reached.
    mutating func next() -> (unit: AccessUnit, index: Int)? {
        guard let index = earliest, let first = queues[index].first else { return nil }
        let isCertain = queues.allSatisfy { !$0.isEmpty }
        let isFull = count >= Interleaver.countMax || bytes >= Interleaver.bytesMax
        guard isCertain || isFull || timeLast - first.time >= spanMax else {
            return nil
        }
        return remove(index)
    }

    /// The next unit in order whatever is missing; nil when there is none.
    mutating func drain() -> (unit: AccessUnit, index: Int)? {
        earliest.flatMap { remove($0) }
    }

    private var earliest: Int? {
        let waiting = queues.indices.filter { !queues[$0].isEmpty }
        return waiting.min { left, right in
            (queues[left].first?.time ?? .max) < (queues[right].first?.time ?? .max)
        }
    }

    private mutating func remove(_ index: Int) -> (unit: AccessUnit, index: Int) {
        let entry = queues[index].removeFirst()
        bytes -= entry.unit.size
        count -= 1
        return (entry.unit, index)
    }
}
