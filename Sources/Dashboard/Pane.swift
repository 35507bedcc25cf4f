/// A part of the screen with its own number.
public enum Pane: Int, Sendable, CaseIterable, Hashable {
    /// How much flows, and how far behind.
    case flow = 1
    /// How well the swarm does.
    case health = 2
    /// The newest blocks here and at the source.
    case chunks = 3
    /// The table of peers.
    case peers = 4
    /// What happened.
    case events = 5
    /// Who feeds whom.
    case tree = 6
    /// What became of missing chunks.
    case rescues = 7
    /// What the feedback loops do.
    case loops = 8
    /// Who introduces peers.
    case trackers = 9
    /// The picture that plays now.
    case picture = 10

    /// The name in its frame.
    var title: String {
        switch self {
        case .flow: "Flow"
        case .health: "Health"
        case .chunks: "Chunk map"
        case .peers: "Peers"
        case .events: "Events"
        case .tree: "Tree"
        case .rescues: "Rescues"
        case .loops: "Loops"
        case .trackers: "Trackers"
        case .picture: "Picture"
        }
    }

    /// The key that chooses it.
    public var digit: Character { self == .picture ? "0" : Character("\(rawValue)") }

    /// The pane of a digit.
    init?(digit: Character) {
        guard let pane = Pane.allCases.first(where: { $0.digit == digit }) else { return nil }
        self = pane
    }

    /// The panes that a screen shows as far as there is room; the others come when they are chosen.
    static let standard: [Pane] = [.flow, .health, .chunks, .peers, .events]
    /// The order in which panes are given room when there is little.
    static let byImportance: [Pane] = [.peers, .events, .health, .flow, .chunks, .tree]

    /// The pane `step` further, round and round.
    func moved(by step: Int) -> Pane {
        let all = Pane.allCases
        let index = (rawValue - 1 + step % all.count + all.count) % all.count
        return all[index]
    }
}
