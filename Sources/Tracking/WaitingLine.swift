import Basics
import Wire

/// Viewers that wait to be taken in, since more come at once than the swarm and the tracker's uplink can serve.
///
/// Helpers first, who bring as much upload as they need, for capacity must return before demand; among equals,
/// who has come first (DESIGN section 6).
struct WaitingLine: Sendable {
    /// Somebody in line.
    struct Waiter: Sendable {
        let slot: Int
        let id: PeerID
        let join: Join
        /// When it asked last.
        let askedAt: Instant
    }

    /// The most that wait; whoever comes then is told to ask again.
    private static let countMax = 16_384
    /// Whoever has not asked again for so long has gone: it is told to ask after `retryMax` at the latest.
    private static let patience = TimeSpan.seconds(25)
    /// The longest time after which somebody in line asks again: its NAT must not forget the tracker.
    static let retryMax = TimeSpan.seconds(8)

    /// Helpers, then the others; what is in front of the heads has left.
    private var rows: [[Waiter]] = [[], []]
    private var heads = [0, 0]
    /// In which row each waits, and where.
    private var places: [PeerID: (row: Int, at: Int)] = [:]

    /// How many wait.
    var count: Int { places.count }
    /// How many entries are held, with those of who has left: no more than twice as many as may wait, per row.
    var entryCount: Int { rows[0].count + rows[1].count }
    /// Whether nobody waits.
    var isEmpty: Bool { places.isEmpty }

    /// Adds somebody at the end, or notes that it waits still; how many stand before it, nil when there is no room.
    mutating func add(_ waiter: Waiter, isHelper: Bool) -> Int? {
        if let (row, at) = places[waiter.id] {
            rows[row][at] = waiter
            return countBefore(row, at)
        }
        guard count < WaitingLine.countMax else { return nil }
        let row = isHelper ? 0 : 1
        if rows[row].count >= 2 * WaitingLine.countMax { compact(row) }
        places[waiter.id] = (row, rows[row].count)
        rows[row].append(waiter)
        return countBefore(row, rows[row].count - 1)
    }

    /// Takes out who is next and waits still; nil when nobody does.
    mutating func removeFirst(at now: Instant) -> Waiter? {
        for row in rows.indices {
            while heads[row] < rows[row].count {
                let waiter = rows[row][heads[row]]
                heads[row] += 1
                guard let place = places[waiter.id], place == (row, heads[row] - 1) else {
                    continue
                }
                places[waiter.id] = nil
                if now - waiter.askedAt <= WaitingLine.patience { return waiter }
            }
            rows[row].removeAll(keepingCapacity: true)
            heads[row] = 0
        }
        return nil
    }

    /// Somebody has gone.
    mutating func remove(_ id: PeerID) { places[id] = nil }

    /// Whether somebody waits.
    func holds(_ id: PeerID) -> Bool { places[id] != nil }

    /// Forgets the entries of those who wait no more.
    private mutating func compact(_ row: Int) {
        let waiting = rows[row].indices.filter { at in
            places[rows[row][at].id].map { $0 == (row, at) } ?? false
        }
        rows[row] = waiting.map { rows[row][$0] }
        heads[row] = 0
        for (at, waiter) in rows[row].enumerated() { places[waiter.id] = (row, at) }
    }

    /// About how many are before a place: those who have gone since count as well.
    private func countBefore(_ row: Int, _ at: Int) -> Int {
        let helpers = row == 0 ? 0 : rows[0].count - heads[0]
        return helpers + max(0, at - heads[row])
    }
}
