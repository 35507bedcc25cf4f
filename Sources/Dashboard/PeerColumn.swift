import Telemetry

/// A column of the table of peers.
public enum PeerColumn: Int, Sendable, CaseIterable, Hashable {
    /// The first digits of the identifier.
    case id
    /// The name that the peer gave itself.
    case name
    /// What it does.
    case role
    /// How the path leads there.
    case path
    /// Round trip in milliseconds.
    case rtt
    /// Datagrams lost.
    case loss
    /// Bits per second received.
    case down
    /// Bits per second sent.
    case up
    /// How far it plays behind the source.
    case behind
    /// Media in its playout buffer.
    case buffer
    /// Its continuity index.
    case continuity
    /// How many peers it feeds.
    case children
    /// How well it served this peer.
    case score
    /// How long ago it was heard.
    case last

    /// The heading.
    public var title: String {
        switch self {
        case .id: "ID"
        case .name: "NAME"
        case .role: "ROLE"
        case .path: "PATH"
        case .rtt: "RTT"
        case .loss: "LOSS"
        case .down: "DOWN"
        case .up: "UP"
        case .behind: "BEHIND"
        case .buffer: "BUFFER"
        case .continuity: "CONT"
        case .children: "CHILDREN"
        case .score: "SCORE"
        case .last: "LAST"
        }
    }

    /// What it holds, in words.
    var meaning: String {
        switch self {
        case .id: "first digits of the identifier"
        case .name: "the name that the peer gave itself"
        case .role: "source, relay or viewer"
        case .path: "how the path leads there"
        case .rtt: "round trip, milliseconds"
        case .loss: "datagrams lost"
        case .down: "bits per second received"
        case .up: "bits per second sent"
        case .behind: "how far it plays behind the source"
        case .buffer: "media held before it is played"
        case .continuity: "chunks that came by their deadline, of those due"
        case .children: "how many peers it feeds"
        case .score: "chunks it owed us that came when due"
        case .last: "how long ago it was heard"
        }
    }

    /// The column to sort by after `column`; nil is the order by role and identifier.
    static func following(_ column: PeerColumn?) -> PeerColumn? {
        guard let column else { return .id }
        return PeerColumn(rawValue: column.rawValue + 1)
    }

    /// The least width that shows its values.
    var width: Int {
        switch self {
        case .id: 4
        case .name: 8
        case .role: 6
        case .path: 7
        case .rtt, .loss, .down, .up: 6
        case .behind, .buffer: 7
        case .continuity: 6
        case .children: 9
        case .score: 6
        case .last: 5
        }
    }

    /// The order in which columns are given room when there is little.
    static let byImportance: [PeerColumn] = [
        .id, .behind, .buffer, .name, .loss, .rtt, .up, .down, .role, .continuity, .path, .score,
        .last, .children,
    ]

    /// Whether it holds text.
    var isText: Bool {
        switch self {
        case .id, .name, .role, .path: true
        case .rtt, .loss, .down, .up, .behind, .buffer, .continuity, .children, .score, .last:
            false
        }
    }

    /// Whether the sorted table starts with the greatest value: the worst peer comes first, and
    /// among rates the greatest.
    var startsWithGreatest: Bool {
        switch self {
        case .rtt, .loss, .down, .up, .behind, .children, .last: true
        case .id, .name, .role, .path, .buffer, .continuity, .score: false
        }
    }

    /// The text that it sorts by; nil for a column of numbers and for the unknown.
    func text(of peer: PeerRow) -> String? {
        switch self {
        case .id: peer.id
        case .name: peer.name
        case .role: peer.role
        case .path: peer.path
        case .rtt, .loss, .down, .up, .behind, .buffer, .continuity, .children, .score, .last: nil
        }
    }

    /// The number that it sorts by; nil for a column of text and for the unknown.
    func number(of peer: PeerRow) -> Double? {
        switch self {
        case .id, .name, .role, .path: nil
        case .rtt: peer.rttMs
        case .loss: peer.loss
        case .down: peer.downBps
        case .up: peer.upBps
        case .behind: peer.lagMs
        case .buffer: peer.bufferMs
        case .continuity: peer.continuity
        case .children: peer.children.map(Double.init)
        case .score: peer.score
        case .last: peer.lastS
        }
    }
}
