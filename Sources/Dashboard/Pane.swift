/// A part of the screen with its own number.
public enum Pane: Int, Sendable, CaseIterable, Hashable {
    /// The table of peers.
    case peers = 1
    /// Who feeds whom.
    case tree = 2
    /// What happened.
    case events = 3
    /// How well the swarm does.
    case health = 4

    /// The name in its frame.
    var title: String {
        switch self {
        case .peers: "Peers"
        case .tree: "Tree"
        case .events: "Events"
        case .health: "Health"
        }
    }

    /// The pane `step` further, round and round.
    func moved(by step: Int) -> Pane {
        let all = Pane.allCases
        let index = (rawValue - 1 + step + all.count) % all.count
        return all[index]
    }
}
