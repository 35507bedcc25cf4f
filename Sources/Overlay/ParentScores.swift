import Basics

/// How well neighbours served us as parents: how many chunks they owed us, and how many of these came
/// when they were due.
///
/// What the erasure code gave back before it was overdue is owed by nobody.
struct ParentScores: Sendable {
    private struct Record: Sendable {
        var peer: PeerID
        var came = 0
        var missed = 0
    }

    /// By slot of the switchboard, which another peer may take over.
    private var records: [Record?] = []

    /// Counts a chunk that a parent owed.
    mutating func observe(_ peer: PeerID, in slot: Int, cameWhenDue: Bool) {
        while records.count <= slot { records.append(nil) }
        var record = records[slot] ?? Record(peer: peer)
        if record.peer != peer { record = Record(peer: peer) }
        if cameWhenDue { record.came += 1 } else { record.missed += 1 }
        records[slot] = record
    }

    /// The share that came when due, 0…1; nil for a peer that never owed any.
    func share(of peer: PeerID, in slot: Int) -> Double? {
        guard slot < records.count, let record = records[slot], record.peer == peer else {
            return nil
        }
        return Double(record.came) / Double(record.came + record.missed)
    }
}
