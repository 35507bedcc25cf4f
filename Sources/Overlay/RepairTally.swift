import Basics

/// What repair has asked for, and what it has brought.
///
/// Masks run over recent blocks of one source process, counts from the peer's start.
struct RepairTally: Sendable {
    private var asked = BlockRing()
    private var stranded = BlockRing()
    private var epoch: UInt32?
    /// Distinct chunks that were asked for.
    private(set) var askedCount = 0
    /// Media bytes that came by being asked for.
    var askedBytes = 0
    /// Media bytes that were computed from other chunks of their block.
    var decodedBytes = 0

    /// Takes the epoch of a block in; true when another one began, so that block numbers begin anew.
    mutating func follow(_ epoch: UInt32) -> Bool {
        guard self.epoch != epoch else { return false }
        let isNew = self.epoch != nil
        self.epoch = epoch
        asked = BlockRing()
        stranded = BlockRing()
        return isNew
    }

    /// A chunk is asked for after so many tries.
    mutating func ask(_ id: ChunkID, after tries: Int) {
        if tries == 0 { askedCount += 1 }
        asked.insert(id)
        // Nobody is asked after the last try.
        if tries + 1 < RepairLoop.triesMax { stranded.remove(id) } else { stranded.insert(id) }
    }

    /// A chunk is overdue and nobody can be asked for it now.
    mutating func strand(_ id: ChunkID) { stranded.insert(id) }

    /// The chunks of a block that were asked for.
    func asked(of block: UInt32) -> UInt64 { asked.mask(of: block) }

    /// The overdue chunks of a block that nobody is asked for.
    func stranded(of block: UInt32) -> UInt64 { stranded.mask(of: block) }
}
