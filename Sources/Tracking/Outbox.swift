import Basics
import Wire

/// Introductions that wait for the tracker's share of an uplink.
///
/// A crowd that comes at once needs thousands of them. Sent in one burst they would overflow the uplink's
/// queue, and whoever joined last would never be introduced to anybody. Those to parents go before
/// those to backups. A peer hears of all its parents in one datagram, right after each of them has heard
/// of it: who calls before that is not let in, and would call for seconds.
struct Outbox: Sendable {
    /// How much depends on an introduction.
    enum Urgency: Int, Sendable {
        /// The peer is fed by the other, or feeds it.
        case parent
        /// The other is there for the case that a parent fails.
        case backup
    }

    /// A message, and the slot of the member that it is for.
    struct Letter: Sendable, Equatable {
        var slot: Int
        var messages: [UInt8]
    }

    /// What one member is told of others, and what they are told of it.
    private struct Batch: Sendable {
        var own: Letter
        var others: [Letter]
        /// How many introductions it holds.
        var count: Int { others.count }
        let addedAt: Instant
    }

    /// The most introductions that wait per urgency; what comes then is introduced by a later plan.
    private static let countMax = 4_096
    /// What waits for longer has been introduced anew.
    static let patience = TimeSpan.milliseconds(3_500)

    private var waiting: [[Batch]] = [[], []]
    private var heads = [0, 0]
    private var counts = [0, 0]

    /// Whether nothing waits.
    var isEmpty: Bool { count == 0 }
    /// Whether introductions to parents wait.
    var holdsParents: Bool { parentCount > 0 }
    /// How many introductions to parents wait.
    var parentCount: Int { counts[Urgency.parent.rawValue] }
    /// How many introductions wait.
    var count: Int { counts[0] + counts[1] }

    /// Whether one more introduction of some urgency finds room.
    func hasRoom(_ urgency: Urgency) -> Bool { counts[urgency.rawValue] < Outbox.countMax }

    /// Adds what a member is told of another, and what that is told of it.
    mutating func add(own: Letter, other: Letter, _ urgency: Urgency, at now: Instant) {
        let row = urgency.rawValue
        counts[row] += 1
        if let last = waiting[row].indices.last, last >= heads[row],
            waiting[row][last].own.slot == own.slot, waiting[row][last].addedAt == now,
            waiting[row][last].own.messages.count + own.messages.count <= Envelope.messagesMax
        {
            waiting[row][last].own.messages += own.messages
            waiting[row][last].others.append(other)
        } else {
            waiting[row].append(Batch(own: own, others: [other], addedAt: now))
        }
    }

    /// Takes what goes next, the most urgent first, in the order in which it is sent; empty when nothing
    /// waits.
    mutating func removeFirst(at now: Instant) -> [Letter] {
        for row in waiting.indices {
            while heads[row] < waiting[row].count {
                let batch = waiting[row][heads[row]]
                heads[row] += 1
                counts[row] -= batch.count
                compact(row)
                let isStale =
                    row == Urgency.parent.rawValue && now - batch.addedAt > Outbox.patience
                if !isStale { return batch.others + [batch.own] }
            }
        }
        return []
    }

    private mutating func compact(_ row: Int) {
        guard heads[row] == waiting[row].count || heads[row] > Outbox.countMax else { return }
        waiting[row].removeFirst(heads[row])
        heads[row] = 0
    }
}
