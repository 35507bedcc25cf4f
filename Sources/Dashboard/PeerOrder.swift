import Telemetry

/// Which peers the table shows, and in which order.
struct PeerOrder {
    /// The places of the peers that the filter leaves among those of the snapshot, in order.
    let indices: [Int]

    /// Filters and sorts.
    init(_ peers: [PeerRow], _ state: ViewState) {
        indices = PeerOrder.sorted(PeerOrder.matching(peers, state.filter), peers, state)
    }

    /// The peers of which identifier, name, role, path or NAT type contains a text, whatever the case.
    private static func matching(_ peers: [PeerRow], _ filter: String) -> [Int] {
        let wanted = Array(filter.lowercased().utf8)
        guard !wanted.isEmpty else { return Array(peers.indices) }
        return peers.indices.filter { index in
            let peer = peers[index]
            return contains(peer.id, wanted) || contains(peer.name, wanted)
                || contains(peer.role, wanted) || contains(peer.path ?? "", wanted)
                || contains(peer.nat ?? "", wanted)
        }
    }

    private static func contains(_ text: String, _ wanted: [UInt8]) -> Bool {
        var lower = text.lowercased()
        return lower.withUTF8 { bytes in
            guard bytes.count >= wanted.count else { return false }
            return (0...bytes.count - wanted.count).contains { start in
                bytes[start] == wanted[0]
                    && bytes[start..<start + wanted.count]
                        .elementsEqual(wanted)
            }
        }
    }

    /// By the chosen column; the unknown last, ties in the order of the snapshot.
    private static func sorted(
        _ places: [Int],
        _ peers: [PeerRow],
        _ state: ViewState
    ) -> [Int] {
        guard let column = state.sort else {
            return state.isReversed ? places.reversed() : places
        }
        let isDescending = column.startsWithGreatest != state.isReversed
        let keys = places.map { SortKey(column, peers[$0]) }
        let order = places.indices.sorted { left, right in
            let comparison = keys[left].compare(keys[right], descending: isDescending)
            return comparison == 0 ? left < right : comparison < 0
        }
        return order.map { places[$0] }
    }
}

/// What a peer is sorted by.
private struct SortKey {
    private let text: String?
    private let number: Double?

    init(_ column: PeerColumn, _ peer: PeerRow) {
        text = column.text(of: peer)?.lowercased()
        number = column.number(of: peer).flatMap { $0.isNaN ? nil : $0 }
    }

    /// Below 0 when this comes first, 0 when equal.
    func compare(_ other: SortKey, descending: Bool) -> Int {
        if let text, let theirs = other.text {
            return text == theirs ? 0 : (text < theirs) != descending ? -1 : 1
        }
        if let number, let theirs = other.number {
            return number == theirs ? 0 : (number < theirs) != descending ? -1 : 1
        }
        return rank - other.rank
    }

    private var rank: Int { text == nil && number == nil ? 1 : 0 }
}
