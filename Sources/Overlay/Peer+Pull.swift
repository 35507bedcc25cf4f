import Basics
import Wire

/// Pull: where a swarm has no whole seat left for a stripe, its chunks are asked for one by one.
///
/// Seats are whole stripes, and what an uplink carries beyond its last one adds up: with 60 viewers and 1.05
/// times the capacity that they need, a twentieth of all seats was missing while 7 % of the upload lay idle
/// (measured: .960 of all chunks in time without this, .997 with it). Pulled chunks go out after all that is
/// pushed, so they take nothing from anybody who has a seat.
extension Peer {
    /// A stripe without a parent for so long has found no seat: where there are enough, and where there are not.
    private static let seatPatience = TimeSpan.seconds(1)
    private static let seatPatienceShort = TimeSpan.milliseconds(200)

    /// Whether nobody pushes a stripe to us, and not only because its next parent is being asked.
    func isUnfed(_ stripe: Int, at now: Instant) -> Bool {
        guard feeds[stripe].parent == nil, !isSource else { return false }
        let patience = tracker.spare < 0 ? Peer.seatPatienceShort : Peer.seatPatience
        return now - (feeds[stripe].orphanSince ?? startedAt) > patience
    }

    /// The share of the stream that nobody pushes to us.
    func unfedShare(at now: Instant) -> Double {
        guard stripeCount > 0 else { return 0 }
        return Double(feeds.indices.count { isUnfed($0, at: now) }) / Double(stripeCount)
    }

    /// Whom to ask for a chunk of a stripe that nobody pushes: one neighbour, or nobody where there is none.
    ///
    /// Each try asks the next of them, and those first that have answered lately.
    func pullSuppliers(of id: ChunkID, tries: Int) -> [Int] {
        let order = others(than: [], holding: id)
        return order.isEmpty ? [] : [order[tries % order.count]]
    }
}
