import Basics
import Wire

/// How playout turns into figures: every block is counted once, when it has been handed over or its
/// deadline has passed, from the first one handed over on.
extension PlayoutBuffer {
    /// A live source sends at least an empty block every 250 ms: with a latency, playout that knows
    /// of nothing for twice as long after the last block was due has run dry.
    private static let starvationMin = TimeSpan.milliseconds(500)
    /// One block's media time beyond this is an encoder's gap, not picture.
    private static let blockSpanMax = TimeSpan.seconds(2)

    /// Counts one chunk at its delivery.
    mutating func countHandedOver(_ id: ChunkID, at now: Instant) {
        if figures.startupAt == nil { figures.startupAt = now }
        figures.playoutPoint = id
        guard let known = window[id.block] else { return }
        window.change(id.block) { $0.handedCount += 1 }
        if !known.isCounted {
            figures.chunksDue += 1
            figures.chunksInTime += cameLate(known) ? 0 : 1
        }
        // Handed over late: its picture was due before and is done now.
        guard let span = known.span else { return }
        figures.pictureDone = figures.pictureDone + span / known.sourceCount
    }

    /// Counts the blocks that are over.
    mutating func count(with store: ChunkStore, at now: Instant) {
        guard var block = counted, let bounds = window.bounds else { return }
        block = max(block, bounds.lowerBound - min(bounds.lowerBound, UInt32(window.spanMax)))
        while block <= bounds.upperBound, block < .max, isOver(block, now) {
            countChunks(of: block, with: store)
            guard let next = window.first(from: block + 1) else { break }
            countPicture(of: block, upTo: next)
            block += 1
        }
        counted = block
    }

    @inline(__always)
    private func isOver(_ block: UInt32, _ now: Instant) -> Bool {
        if let known = window[block], known.handedCount == known.sourceCount,
            known.sourceCount > 0 || block < head
        {
            return true
        }
        return deadline(of: block).map { $0 <= now } ?? false
    }

    /// Whether a block's manifest, without which no chunk is held, came after its deadline; what was
    /// there when playout began is in time.
    private func cameLate(_ known: Known) -> Bool {
        latency > .zero && known.seenAt > max(known.due, figures.startupAt ?? .origin)
    }

    private mutating func countChunks(of block: UInt32, with store: ChunkStore) {
        guard let known = window[block] else {
            figures.chunksDue += typicalCount
            return
        }
        guard !known.isCounted else { return }
        window.change(block) { $0.isCounted = true }
        let source = Manifest.mask(count: known.sourceCount)
        let handed = Manifest.mask(count: known.handedCount)
        figures.chunksDue += known.sourceCount - known.handedCount
        if known.sourceCount > 0 { typicalCount = known.sourceCount }
        guard !cameLate(known) else { return }
        figures.chunksInTime += (store.mask(of: block) & source & ~handed).nonzeroBitCount
    }

    /// Counts the media time of a block whose next known one is `next`; blocks between them, whose
    /// manifests never came, share it.
    private mutating func countPicture(of block: UInt32, upTo next: UInt32) {
        guard let known = window[block] else {
            figures.pictureDue = figures.pictureDue + typicalSpan
            return
        }
        guard let following = window[next], known.span == nil else { return }
        let gap = (following.mediaTime - known.mediaTime) / Int(next - block)
        let span = min(max(.zero, gap), PlayoutBuffer.blockSpanMax)
        window.change(block) { $0.span = span }
        typicalSpan = span
        guard known.sourceCount > 0 else { return }
        figures.pictureDue = figures.pictureDue + span
        figures.pictureDone =
            figures.pictureDone + span * known.handedCount / known.sourceCount
    }

    /// Measures the media time that is held without a hole from the playout point on.
    mutating func measureAhead(with store: ChunkStore) {
        figures.bufferAhead = .zero
        guard state == .playing else { return }
        ahead = max(ahead, head)
        while ahead < .max, window[ahead] != nil, store.isComplete(ahead) { ahead += 1 }
        guard ahead > head, let first = window[head], let last = window[ahead - 1] else { return }
        let end = window[ahead]?.mediaTime ?? last.mediaTime + typicalSpan
        figures.bufferAhead = max(.zero, end - first.mediaTime)
    }

    /// Counts a halt of the playout point, once until it moves again.
    mutating func noteHalt(at now: Instant) {
        guard !isHalted, let due = haltDeadline, due <= now else { return }
        isHalted = true
        figures.stalls += 1
    }

    /// When playout counts as halted if nothing moves; nil when it has no reason to move.
    @inline(__always)
    var haltDeadline: Instant? {
        guard hasStarted, !isHalted, !hasEnded else { return nil }
        let waiting = window.first(from: head).flatMap { window[$0] }
        guard latency > .zero else {
            return waiting.map { max(progressedAt, $0.seenAt) + PlayoutBuffer.haltMin }
        }
        // After a hole the deadline has passed already: every wait for a key frame is a halt.
        if state == .seeking { return progressedAt }
        return waiting == nil ? progressedDue + PlayoutBuffer.starvationMin : nil
    }
}
