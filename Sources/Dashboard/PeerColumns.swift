/// Which columns fit into a width, and how wide each is.
struct Columns {
    /// The columns from left to right with their widths.
    let all: [(column: PeerColumn, width: Int)]

    /// The least width at which the buffer is drawn as a meter beside its figure.
    static let meterWidth = 13
    private static let nameMax = 32

    /// Gives room by importance; the name, then the buffer's meter, take what is left.
    ///
    /// Where not all columns fit, those without a figure, the `empty` ones, come after all others.
    init(width: Int, hidden: Set<PeerColumn> = [], empty: Set<PeerColumn> = []) {
        var room = width - 2
        var chosen: [PeerColumn] = []
        let order =
            PeerColumn.byImportance.filter { !empty.contains($0) }
            + PeerColumn.byImportance.filter { empty.contains($0) }
        for column in order where !hidden.contains(column) {
            let cost = column.width + (chosen.isEmpty ? 0 : 1)
            guard cost <= room else { break }
            chosen.append(column)
            room -= cost
        }
        let meter = chosen.contains(.buffer) && room >= 10 ? min(10, room - 2) : 0
        let name = min(max(0, room - meter), Columns.nameMax - PeerColumn.name.width)
        all = chosen.sorted { $0.rawValue < $1.rawValue }.map { column in
            switch column {
            case .name: (column, column.width + name)
            case .buffer: (column, column.width + meter)
            case .id, .role, .path, .rtt, .loss, .down, .up, .behind, .continuity, .children,
                .score, .last:
                (column, column.width)
            }
        }
    }
}
