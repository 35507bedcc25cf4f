import Basics

/// Blocks that are known to exist but whose manifest has not come.
///
/// A chunk that waits 20 ms for its manifest makes the peer ask two neighbours at once
/// (DESIGN section 4), and again with another two after an answer's usual time.
struct ManifestWaits: Sendable {
    /// One missing manifest.
    struct Wait: Sendable {
        var block: UInt32
        var askAt: Instant
        var tries = 0
        var since: Instant
        /// Stripes whose chunks were asked for with it.
        var stripes: UInt32 = 0
    }

    /// The usual wait for a manifest that a chunk has overtaken.
    static let patience = TimeSpan.milliseconds(20)
    /// The wait for a manifest while the past still comes in.
    ///
    /// Several times what lies between two of its blocks: a parent sends them in order, and to all newcomers
    /// together. A choice, not a measurement.
    static let patienceWithPast = TimeSpan.milliseconds(100)
    private static let waitsMax = 64
    private static let triesMax = 8

    private(set) var waits: [Wait] = []

    /// Notes that a block exists: its manifest is asked for after some patience.
    mutating func note(_ block: UInt32, at now: Instant, patience: TimeSpan = patience) {
        if let at = waits.firstIndex(where: { $0.block == block }) {
            if waits[at].tries == 0 { waits[at].askAt = min(waits[at].askAt, now + patience) }
            return
        }
        guard waits.count < ManifestWaits.waitsMax else { return }
        waits.append(Wait(block: block, askAt: now + patience, since: now))
    }

    /// Whether a block's manifest is waited for.
    func isWaiting(for block: UInt32) -> Bool { waits.contains { $0.block == block } }

    /// Notes that chunks were asked for together with the manifest.
    mutating func noteAsked(stripes: UInt32, of block: UInt32) {
        guard let at = waits.firstIndex(where: { $0.block == block }) else { return }
        waits[at].stripes |= stripes
    }

    /// The stripes whose chunks were asked for together with a block's manifest.
    func askedStripes(of block: UInt32) -> UInt32 {
        waits.first { $0.block == block }?.stripes ?? 0
    }

    /// The manifest has come, or is not needed.
    mutating func settle(_ block: UInt32) {
        if !waits.isEmpty { waits.removeAll { $0.block == block } }
    }
    /// Nothing before a block is needed.
    mutating func settle(before block: UInt32) {
        if !waits.isEmpty { waits.removeAll { $0.block < block } }
    }

    /// The manifests to ask for now; each is asked again after `answer`.
    mutating func due(at now: Instant, answer: TimeSpan) -> [Wait] {
        waits.removeAll { $0.tries >= ManifestWaits.triesMax }
        var result: [Wait] = []
        for at in waits.indices where waits[at].askAt <= now {
            result.append(waits[at])
            waits[at].tries += 1
            waits[at].askAt = now + answer
        }
        return result
    }

    /// When the next one is due.
    var nextDeadline: Instant? {
        guard var earliest = waits.first?.askAt else { return nil }
        for wait in waits { earliest = min(earliest, wait.askAt) }
        return earliest
    }
}
