import Basics
import Paths
import Wire

/// Asking parents whether they still have us for a child.
extension Peer {
    /// So long a silence is two signs of life of the source missed (`Blocker`).
    private static let starvation = TimeSpan.milliseconds(600)
    /// Nobody is asked more often than this: when the source itself is silent everybody asks.
    private static let renewalInterval = TimeSpan.seconds(2)
    /// Who has said something so long after the last manifest came lives, and does not push.
    private static let pushPause = TimeSpan.milliseconds(200)

    /// Asks all parents that live again when nothing comes from any of them; the others are probed, and asked
    /// once they have answered.
    ///
    /// Who was suspended for long is no child any more, and may not have heard so: what told it was one datagram
    /// among more than its socket holds. Its parents answer probes, and without manifests no chunk is known to be
    /// missing, so that it would wait for ever (measured: two of 20 viewers suspended for ten seconds). A
    /// parent that has us still changes nothing.
    mutating func renewParents(at now: Instant) {
        guard startedPlaying != nil, let lastManifestAt, renewAt <= now,
            now - lastManifestAt > Peer.starvation
        else { return }
        var masks: [Int: UInt32] = [:]
        var unheard: Set<Int> = []
        for stripe in feeds.indices where feeds[stripe].candidate == nil {
            guard let parent = feeds[stripe].parent, let link = switchboard.links[parent]
            else { continue }
            if link.receivedAt > lastManifestAt + Peer.pushPause {
                feeds[stripe].candidate = parent
                masks[parent, default: 0] |= 1 << stripe
            } else {
                unheard.insert(parent)
            }
        }
        for slot in active {
            if let mask = masks[slot] { subscribe(mask, to: slot, past: .no, at: now) }
            if !isRenewalProbed, unheard.contains(slot) { probe(slot, at: now) }
        }
        isRenewalProbed = !isRenewalProbed && !unheard.isEmpty
        renewAt = now + (isRenewalProbed ? typicalRoundTrip * 2 : Peer.renewalInterval)
    }

    /// What a parent answers that was asked again; false for one that was not.
    mutating func noteRenewal(of stripe: Int, by slot: Int, isAccepted: Bool, at now: Instant)
        -> Bool
    {
        guard feeds[stripe].candidate == slot, feeds[stripe].parent == slot else { return false }
        feeds[stripe].candidate = nil
        if !isAccepted { feeds[stripe].loseParent(at: now) }
        return true
    }
}
