import Basics
import Wire

/// How often members report: the answers must leave room for introductions.
extension Tracker {
    /// What summaries may take of the uplink.
    private static let summaryShare = 1.0 / 16
    /// A summary's size on the wire, headers and seal included.
    private static let summaryBytes =
        Message.summary(Summary(viewers: 0, mediaRate: 0, missedPermille: 0)).emitted.count
        + Envelope.transportHeaderSize + Envelope.tagSize + Envelope.headerOverhead
    /// Reports are not rarer than this, in seconds.
    private static let reportSecondsMax = 60

    /// Seconds between a member's reports: the larger a swarm, the rarer, so that the answers find room.
    ///
    /// The source reports every second.
    func reportSeconds(of id: PeerID, swarm at: Int) -> UInt8 {
        guard id != swarms[at].source else { return 1 }
        let cap = Double((configuration.nodeCap ?? configuration.uploadCap).bitsPerSecond)
        let answers = max(1, cap * Tracker.summaryShare / Double(8 * Tracker.summaryBytes))
        let seconds = (Double(swarms[at].viewerCount) / answers).rounded(.up)
        return UInt8(max(1, min(Double(Tracker.reportSecondsMax), seconds)))
    }
}
