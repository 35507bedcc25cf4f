import Basics
import Wire

/// How many rows of chunks a block has, and what of them is repair.
struct BlockSize: Sendable, Equatable {
    /// Media time that a block aims at: a block's first byte waits for its last one, so a shorter block
    /// is a shorter lag; below 75 ms the manifests' share of the wire grows above 3 %.
    static let aim = TimeSpan.milliseconds(75)
    /// Media time of more than one row, at most.
    static let spanMax = TimeSpan.milliseconds(126)

    /// Chunks per row, one for each stripe.
    var stripeCount: Int
    /// Repair chunks per row, fewer than source chunks.
    var repairPerRow: Int
    /// The rows, at least 1.
    var rows: Int

    /// The rows whose media time is nearest to the aim; one row while the rate is unknown.
    init(rate: BitRate?, stripeCount: Int, repairPerRow: Int) {
        self.stripeCount = stripeCount
        self.repairPerRow = repairPerRow
        rows = 1
        guard let rate else { return }
        let row = rate.span(ofBytes: sourcePerRow * Manifest.symbolMax)
        let most = max(1, Manifest.chunksMax / stripeCount)
        for count in 1...most where row * count <= BlockSize.spanMax {
            if distance(row * count) < distance(row * rows) { rows = count }
        }
    }

    private var sourcePerRow: Int { stripeCount - repairPerRow }

    /// Bytes of media in a full block.
    var capacity: Int { rows * sourcePerRow * Manifest.symbolMax }

    /// Repair chunks for some source chunks: `repairPerRow` for every row that they begin, but not
    /// more than source chunks, which no manifest allows.
    func repairCount(forSource count: Int) -> Int {
        min(count, (count + sourcePerRow - 1) / sourcePerRow * repairPerRow)
    }

    private func distance(_ span: TimeSpan) -> UInt64 {
        (span - BlockSize.aim).nanoseconds.magnitude
    }
}
