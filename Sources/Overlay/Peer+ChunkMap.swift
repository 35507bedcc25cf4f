import Basics
import Blocks
import Telemetry
import Wire

/// The newest blocks as a peer holds them, for people.
extension Peer {
    /// How many blocks a map shows: 4 to 6 s of media at ordinary rates.
    private static let blocksShown: UInt32 = 60

    /// The map of the newest blocks; nil at the source, which holds them all, and before the first block.
    func chunkMap(at now: Instant) -> ChunkMapRow? {
        guard !isSource, let known = store.blocks else { return nil }
        let newest = known.upperBound
        let first = max(known.lowerBound, newest - min(newest, Peer.blocksShown - 1))
        var places: [Character] = []
        // A block whose manifest has not come is given up with the next known one.
        var giveUpAt = Instant.distantFuture
        for block in (first...newest).reversed() {
            giveUpAt = giveUpTime(of: block, at: now) ?? giveUpAt
            places.append(place(of: block, isOver: giveUpAt <= now).rawValue)
        }
        return ChunkMapRow(
            first: Int(first),
            places: String(places.reversed()),
            newest: Int(newest),
            playout: playout?.figures.playoutPoint.map { Int($0.block) }
        )
    }

    /// When playout gives a block up, or repair where nothing is played; nil without its manifest.
    private func giveUpTime(of block: UInt32, at now: Instant) -> Instant? {
        playoutDeadline(of: block, at: now) ?? store.arrivedAt(block).map { $0 + repairPatience }
    }

    private func place(of block: UInt32, isOver: Bool) -> ChunkMapRow.Place {
        if store.isComplete(block) { return tally.asked(of: block) == 0 ? .held : .rescued }
        if isOver { return .lost }
        guard let manifest = store.manifest(of: block) else { return .missing }
        let held = store.mask(of: block)
        let coming = coming(of: block, out: manifest.fullMask & ~held)
        // With repair chunks, any of the block's chunks will do.
        let enough = held.nonzeroBitCount + coming.nonzeroBitCount >= manifest.sourceCount
        return enough ? .inFlight : .missing
    }

    /// The missing chunks of a block that somebody is known to send: they were asked for, or their
    /// stripe has a parent.
    private func coming(of block: UInt32, out missing: UInt64) -> UInt64 {
        let asked = tally.asked(of: block)
        var coming: UInt64 = 0
        var rest = missing & ~tally.stranded(of: block)
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            let isPushed = feeds[index % stripeCount].parent != nil
            if isPushed || asked >> UInt64(index) & 1 == 1 { coming |= 1 << UInt64(index) }
        }
        return coming
    }
}
