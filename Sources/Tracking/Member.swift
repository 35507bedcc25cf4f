import Basics
import Wire

/// What a tracker keeps of one peer of a swarm.
struct Member: Sendable {
    let id: PeerID
    let slot: Int
    let key: Bytes
    var role: Role
    var name: String
    var uploadCap: UInt32?
    /// Where the tracker itself sees the peer, and what it told of its own network.
    var candidates: [Endpoint]
    var prefix: UInt64
    let joinedAt: Instant
    var heardAt: Instant
    var report: Report?
    /// What it knows of its NAT.
    var nat: NatOutlook?
    /// Outside ports that introductions have cost it since it told of its NAT.
    var portsTaken = 0
    /// Whether the join came before the present plan.
    var isPlanned = false
    /// What it was last told, per stripe: parent, then backups.
    var told: [[PeerID]]
    /// When it was last told anything.
    var toldAt = Instant.origin
    /// The number of the plan that it was last told.
    var toldNumber: UInt32 = 0

    /// So many seconds pass between its reports, as it was told last.
    var reportSeconds = 1
    /// Five reports in a row are not lost by chance: this long a silence means gone.
    var silenceMax: TimeSpan { .seconds(5) * reportSeconds }
    /// After this long a silence a peer has given up its parents, and they it.
    var cut: TimeSpan { .milliseconds(2_500) * reportSeconds }
    /// What a peer was told has become true by now, or it was lost or could not be done.
    static let compliance = TimeSpan.seconds(2)
    /// Whoever was introduced has met the other after so long, unless a datagram was lost: punches and a
    /// handshake take two and a half round trips, and an introduction too many costs little.
    static let answerMax = TimeSpan.milliseconds(250)

    /// Whether it has joined a moment ago, has reported since, and nobody feeds it yet.
    func isWaiting(at now: Instant) -> Bool {
        guard role == .viewer, now - joinedAt < Member.compliance, let report else { return false }
        return !report.hasParents
    }
}
