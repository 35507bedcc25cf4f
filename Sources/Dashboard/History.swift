import Basics
public import Telemetry

/// The last ten minutes of a swarm, a snapshot a second, bounded in rows of peers.
///
/// Equal parts of successive snapshots share their storage. Where a swarm is so large that ten minutes of
/// it would not fit, older snapshots are thinned out: the span stays, the steps grow longer.
public struct History: Sendable {
    /// One snapshot with its number and time.
    public struct Entry: Sendable {
        /// Counts from 0; never reused.
        public let number: Int
        /// When it was made, in seconds of the snapshot's clock.
        public let time: Double
        /// What was known then.
        public let snapshot: SwarmSnapshot
    }

    /// How long a moment is remembered, in seconds.
    public let span: Double
    /// No more rows of peers than this are kept; one takes about 0.5 kB.
    private let rowsMax: Int
    private(set) var entries: [Entry] = []
    private var rows = 0
    private var next = 0

    /// Ten minutes, as the design says.
    public static let spanUsual = 600.0
    /// 60 MB at 0.5 kB a row: a thousand peers are remembered every 5 s.
    public static let rowsUsual = 120_000
    /// Times beyond this are no times: 30,000 years.
    private static let timeMax = 1e12
    /// Snapshots closer together than this are one moment, in seconds.
    private static let least = 0.5

    /// An empty history.
    public init(span: Double = History.spanUsual, rowsMax: Int = History.rowsUsual) {
        self.span = span
        self.rowsMax = max(1, rowsMax)
    }

    /// The newest moment.
    public var newest: Entry? { entries.last }
    /// The oldest moment.
    public var oldest: Entry? { entries.first }
    /// How many moments there are.
    public var count: Int { entries.count }

    /// Adds a snapshot; one that follows at once takes the place of the one before it.
    ///
    /// A clock that went back begins the history anew.
    public mutating func append(_ snapshot: SwarmSnapshot, at time: Double) {
        guard abs(time) < History.timeMax else { return }
        if let last = entries.last, time < last.time { removeAll() }
        let before = entries.last
        if let last = entries.last, time - last.time < History.least, entries.count > 1 {
            rows -= History.weight(last.snapshot)
            entries.removeLast()
        }
        let kept = Sharing.shared(snapshot, with: before?.snapshot)
        entries.append(Entry(number: next, time: time, snapshot: kept))
        rows += History.weight(kept)
        next += 1
        forget(before: time - span)
        if rows > rowsMax { thin() }
    }

    /// The moment of a number, or the next one when that was forgotten; nil for an empty history.
    public func entry(_ number: Int) -> Entry? {
        entries.isEmpty ? nil : entries[index(of: number)]
    }

    /// The place of a number among the entries, or of the next one there is.
    func index(of number: Int) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return min(low, max(0, entries.count - 1))
    }

    /// The entries of the `seconds` before the moment at a place, oldest first, that one included.
    func window(endingAt place: Int, seconds: Double) -> ArraySlice<Entry> {
        guard entries.indices.contains(place) else { return [] }
        let start = entries[place].time - seconds
        var first = place
        while first > 0, entries[first - 1].time >= start { first -= 1 }
        return entries[first...place]
    }

    private mutating func removeAll() {
        entries.removeAll()
        rows = 0
    }

    private mutating func forget(before time: Double) {
        let gone = entries.prefix { $0.time < time }
        guard !gone.isEmpty, gone.count < entries.count else { return }
        rows -= gone.reduce(0) { $0 + History.weight($1.snapshot) }
        entries.removeFirst(gone.count)
    }

    /// Drops every second entry of the older three quarters.
    private mutating func thin() {
        let older = entries.count * 3 / 4
        guard older >= 2 else { return }
        let kept = entries.enumerated().filter { $0.offset >= older || $0.offset % 2 == 0 }
        entries = kept.map(\.element)
        rows = entries.reduce(0) { $0 + History.weight($1.snapshot) }
    }

    private static func weight(_ snapshot: SwarmSnapshot) -> Int {
        1 + snapshot.peers.count + snapshot.events.count / 4
    }
}

/// Makes equal parts of successive snapshots share their storage.
enum Sharing {
    /// The snapshot, with the storage of the one before where nothing changed.
    static func shared(_ snapshot: SwarmSnapshot, with before: SwarmSnapshot?) -> SwarmSnapshot {
        guard let before else { return snapshot }
        var result = snapshot
        if result.channel == before.channel { result.channel = before.channel }
        if result.loops == before.loops { result.loops = before.loops }
        if result.events == before.events { result.events = before.events }
        for (index, old) in zip(result.peers.indices, before.peers) {
            guard result.peers[index].id == old.id else { continue }
            result.peers[index].id = old.id
            if result.peers[index].name == old.name { result.peers[index].name = old.name }
            if result.peers[index].parents == old.parents {
                result.peers[index].parents = old.parents
            }
        }
        return result
    }
}
