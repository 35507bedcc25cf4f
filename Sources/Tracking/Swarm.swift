import Basics
import Chandelier
import Telemetry
import Wire

/// One channel at a tracker: its record, its members, its plan.
struct Swarm: Sendable {
    let channel: ChannelID
    var record: ChannelRecord?
    var source: PeerID?
    /// In order of joining; looked up through `index`.
    var members: [Member] = []
    private var index: [PeerID: Int] = [:]
    /// Pairs that have been introduced, the smaller identifier first, and when.
    private var introduced: [Pair: Instant] = [:]
    var planNumber: UInt32 = 0
    var epochAt: Instant
    var hasChanged = false
    let startedAt: Instant
    var events = RingBuffer<Event>(capacity: 200)
    /// Figures of viewers that have left count on in the totals.
    var mediaMeterBefore: (bytes: UInt64, at: Instant)?
    var mediaRate = 0.0

    /// A swarm is replanned this often, and at once when somebody comes or goes.
    static let epoch = TimeSpan.seconds(1)

    struct Pair: Hashable, Sendable {
        let low: PeerID
        let high: PeerID
        init(_ one: PeerID, _ other: PeerID) {
            low = min(one, other)
            high = max(one, other)
        }
    }

    init(channel: ChannelID, at now: Instant) {
        self.channel = channel
        startedAt = now
        epochAt = now
    }

    var stripeCount: Int { Int(record?.stripeCount ?? 8) }
    var viewerCount: Int { members.count { $0.role == .viewer } }

    func position(of peer: PeerID) -> Int? { index[peer] }
    func member(_ peer: PeerID) -> Member? { index[peer].map { members[$0] } }

    mutating func add(_ member: Member) {
        if let known = index[member.id] {
            members[known] = member
        } else {
            index[member.id] = members.count
            members.append(member)
        }
        hasChanged = true
    }

    mutating func remove(_ peer: PeerID) {
        guard let at = index[peer] else { return }
        members.remove(at: at)
        index[peer] = nil
        for later in at..<members.count { index[members[later].id] = later }
        forgetIntroductions(of: peer)
        if source == peer { source = nil }
        hasChanged = true
    }

    /// Lets a member be introduced again to everybody.
    mutating func forgetIntroductions(of peer: PeerID) {
        introduced = introduced.filter { $0.key.low != peer && $0.key.high != peer }
    }

    /// Whether a pair should be introduced now: not yet, or so long ago that it must have failed.
    mutating func introduce(
        _ one: PeerID,
        _ other: PeerID,
        pause: TimeSpan,
        at now: Instant
    ) -> Bool {
        let pair = Pair(one, other)
        if let before = introduced[pair], now - before < pause { return false }
        introduced[pair] = now
        return true
    }
}
