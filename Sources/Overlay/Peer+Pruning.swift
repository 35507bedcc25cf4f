import Basics

/// Room for those who are needed: neighbours that nobody plans with any more are let go.
extension Peer {
    /// Below this share of the most neighbours nobody is let go.
    ///
    /// Eight parents, as many children, two backups a stripe and those whose backup we are make some fifty;
    /// plans that change while a crowd comes leave the rest behind. Without room nobody could become our
    /// child or parent any more (measured with 300 viewers: 800 pairs that could not meet in 20 s).
    private static let prunedShare = 0.7
    /// Who has just come may be planned in a moment.
    private static let newcomerSpan = TimeSpan.seconds(5)
    private static let goneAtOnceMax = 4

    /// Lets go those who have been of no use for longest.
    mutating func pruneNeighbours(at now: Instant) {
        let most = Int(Double(configuration.neighboursMax) * Peer.prunedShare)
        guard active.count > most else { return }
        var idle: [(usedAt: Instant, slot: Int)] = []
        for slot in active {
            guard let neighbour = neighbours[slot] else { continue }
            if isNeeded(neighbour, in: slot) {
                neighbour.usedAt = now
            } else if now - neighbour.establishedAt > Peer.newcomerSpan {
                idle.append((neighbour.usedAt, slot))
            }
        }
        idle.sort { ($0.usedAt, $0.slot) < ($1.usedAt, $1.slot) }
        for one in idle.prefix(min(active.count - most, Peer.goneAtOnceMax)) {
            lose(one.slot, because: "it is not needed", at: now)
        }
    }

    /// Whether a neighbour feeds us, is fed by us, is the source, or is planned to feed us.
    private func isNeeded(_ neighbour: Neighbour, in slot: Int) -> Bool {
        if neighbour.childStripes != 0 || neighbour.id == sourceID { return true }
        return feeds.contains {
            $0.parent == slot || $0.candidate == slot || $0.planned.contains(neighbour.id)
        }
    }
}
