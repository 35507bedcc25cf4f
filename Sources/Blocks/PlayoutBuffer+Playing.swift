public import Basics
import Wire

/// Starting, handing over, giving up.
extension PlayoutBuffer {
    /// Begins to play at a key frame that is ready; false when none is.
    mutating func start(from store: ChunkStore, at now: Instant) -> Bool {
        let candidates = keyFrames.drop { $0 < head }
        let found: UInt32?
        if latency > .zero {
            found = startPoint(at: now).flatMap { isReady($0, store, now) ? $0 : nil }
        } else if hasStarted {
            found = candidates.first { isReady($0, store, now) }
        } else {
            found = candidates.last { isReady($0, store, now) }
        }
        guard let found else { return false }
        head = found
        ahead = found
        state = .playing
        if counted == nil { counted = found }
        return true
    }

    /// The key frame that playout begins at now, if all is there: nothing before it is ever handed over.
    ///
    /// Nil while it plays, where no key frame is due yet, and with latency 0, when any may do.
    @inline(__always)
    public func startPoint(at now: Instant) -> UInt32? {
        guard state == .seeking, latency > .zero else { return nil }
        return keyFrames.last { $0 >= head && window[$0].map { $0.due <= now } ?? false }
    }

    /// Whether playout may start at a key frame without running into a hole at once.
    private func isReady(_ block: UInt32, _ store: ChunkStore, _ now: Instant) -> Bool {
        guard let known = window[block] else { return false }
        guard latency > .zero else {
            let isOpen = known.seenAt + PlayoutBuffer.patience > now
            return store.holds(ChunkID(block: block, index: 0))
                && (isOpen || store.isComplete(block))
        }
        guard store.isComplete(block) else { return false }
        // Whatever has become due since must be there too, or playout would skip at once.
        let margin = hasStarted ? .zero : startMargin
        return isWhole(from: block, dueBy: now + margin, store)
    }

    /// Whether all blocks from a number on that are due by an instant are complete.
    private func isWhole(from start: UInt32, dueBy limit: Instant, _ store: ChunkStore) -> Bool {
        var block = start
        while let next = window.first(from: block), let known = window[next], known.due <= limit {
            guard next == block, store.isComplete(block), block < .max else { return false }
            block += 1
        }
        return true
    }

    /// Hands over what is in order and due; true at a hole that is not waited for any longer.
    mutating func play(
        from store: ChunkStore,
        at now: Instant,
        into deliveries: inout [Delivery]
    ) -> Bool {
        while let known = window[head], head < .max {
            if known.sourceCount > 0 {
                if latency > .zero, now < known.due { return false }
                handOver(known, from: store, at: now, into: &deliveries)
                let isWhole = window[head]?.handedCount == known.sourceCount
                guard isWhole else { return isPast(head, now) }
            }
            progressedAt = now
            progressedDue = max(progressedDue, known.due)
            hasEnded = hasEnded || known.flags.contains(.end)
            head += 1
        }
        return isPast(head, now)
    }

    @inline(__always)
    private func isPast(_ block: UInt32, _ now: Instant) -> Bool {
        deadline(of: block).map { $0 <= now } ?? false
    }

    /// Hands over the head's chunks up to the first that is missing.
    private mutating func handOver(
        _ known: Known,
        from store: ChunkStore,
        at now: Instant,
        into deliveries: inout [Delivery]
    ) {
        for index in known.handedCount..<known.sourceCount {
            let id = ChunkID(block: head, index: UInt8(index))
            guard let bytes = store.chunk(id) else { return }
            let isFirst = index == 0
            deliveries.append(
                Delivery(
                    bytes: bytes,
                    id: id,
                    startsKeyFrame: isFirst && known.flags.contains(.keyFrame),
                    isDiscontinuity: isBroken
                        || isFirst && known.flags.contains(.discontinuity),
                    mediaTime: known.mediaTime,
                    sentAt: known.sentAt
                )
            )
            isBroken = false
            isHalted = false
            progressedAt = now
            countHandedOver(id, at: now)
        }
    }

    /// Gives the head up.
    mutating func skip() {
        figures.skips += 1
        isBroken = true
        state = .seeking
        head += head < .max ? 1 : 0
        ahead = head
    }

    /// Forgets the blocks below a number.
    mutating func forget(below block: UInt32) {
        window.removeAll(below: block)
        let gone = keyFrames.prefix { $0 < block }.count
        if gone > 0 { keyFrames.removeFirst(gone) }
    }

    /// When something may happen without an arrival: a block becomes due or is given up, or a halt
    /// is noticed.
    @inline(__always)
    func deadline(after now: Instant) -> Instant? {
        var earliest = Instant.distantFuture
        func consider(_ time: Instant?) {
            if let time, time > now { earliest = min(earliest, time) }
        }
        switch state {
        case .seeking:
            guard latency > .zero else { break }
            for block in keyFrames where block >= head { consider(window[block]?.due) }
        case .playing: consider(deadline(of: head))
        }
        consider(counted.flatMap { deadline(of: $0) })
        consider(haltDeadline)
        return earliest == .distantFuture ? nil : earliest
    }
}
