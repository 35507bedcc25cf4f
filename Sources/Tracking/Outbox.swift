import Basics
import Wire

/// Introductions that wait for the tracker's share of an uplink.
///
/// A crowd that comes at once needs thousands of them. Sent in one burst they would overflow the uplink's
/// queue, and whoever joined last would never be introduced to anybody. Those to parents go before
/// those to backups, and what goes to the same peer shares a datagram.
struct Outbox: Sendable {
    /// How much depends on an introduction.
    enum Urgency: Int, Sendable {
        /// The peer is fed by the other, or feeds it.
        case parent
        /// The other is there for the case that a parent fails.
        case backup
    }

    private struct Item: Sendable {
        var slot: Int
        var bytes: [UInt8]
    }

    /// The most messages that wait per urgency; what comes then is introduced by a later plan.
    private static let itemsMax = 8_192
    /// So many messages ahead are searched for more to the same peer.
    private static let lookAhead = 48

    private var waiting: [[Item]] = [[], []]
    private var heads = [0, 0]

    /// Whether nothing waits.
    var isEmpty: Bool { count == 0 }
    /// How many messages wait.
    var count: Int { waiting.indices.reduce(0) { $0 + waiting[$1].count - heads[$1] } }

    /// Whether one more introduction of some urgency finds room.
    func hasRoom(_ urgency: Urgency) -> Bool {
        waiting[urgency.rawValue].count - heads[urgency.rawValue] < Outbox.itemsMax
    }

    /// Adds a message for a peer.
    mutating func add(_ message: [UInt8], to slot: Int, _ urgency: Urgency) {
        waiting[urgency.rawValue].append(Item(slot: slot, bytes: message))
    }

    /// Takes what goes into the next datagram, the most urgent first; nil when nothing waits.
    mutating func removeFirst() -> (slot: Int, messages: [UInt8])? {
        for row in waiting.indices where heads[row] < waiting[row].count {
            let first = waiting[row][heads[row]]
            heads[row] += 1
            var messages = first.bytes
            gather(row, first.slot, into: &messages)
            compact(row)
            return (first.slot, messages)
        }
        return nil
    }

    /// Appends what else waits for the same peer, while it fits.
    private mutating func gather(_ row: Int, _ slot: Int, into messages: inout [UInt8]) {
        var at = heads[row]
        let end = min(waiting[row].count, at + Outbox.lookAhead)
        while at < end {
            let item = waiting[row][at]
            if item.slot == slot, !item.bytes.isEmpty,
                messages.count + item.bytes.count <= Envelope.messagesMax
            {
                messages += item.bytes
                waiting[row][at].bytes = []
            }
            at += 1
        }
    }

    /// Passes over what was sent with others, and frees the room of what is gone.
    private mutating func compact(_ row: Int) {
        while heads[row] < waiting[row].count, waiting[row][heads[row]].bytes.isEmpty {
            heads[row] += 1
        }
        if heads[row] == waiting[row].count || heads[row] > Outbox.itemsMax {
            waiting[row].removeFirst(heads[row])
            heads[row] = 0
        }
    }
}
