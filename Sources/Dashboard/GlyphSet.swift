import Telemetry

/// The characters that frames, meters and marks are made of.
public enum GlyphSet: Sendable, CaseIterable {
    /// Block elements: the finest meters, in every common font.
    case blocks
    /// Braille patterns.
    case braille
    /// Nothing beyond ASCII.
    case ascii

    /// The set that follows when the user asks for another.
    var next: GlyphSet {
        switch self {
        case .blocks: .braille
        case .braille: .ascii
        case .ascii: .blocks
        }
    }

    /// The name shown in the key bar.
    var name: String {
        switch self {
        case .blocks: "blocks"
        case .braille: "braille"
        case .ascii: "ascii"
        }
    }

    /// The pieces of a frame.
    var frame: Frame { self == .ascii ? .ascii : .rounded }
    /// The mark of a value that is not known.
    var unknown: String { self == .ascii ? "-" : "–" }
    /// The end of a text that was cut.
    var ellipsis: String { self == .ascii ? "~" : "…" }
    /// Between two parts of a title.
    var dot: String { self == .ascii ? "-" : "·" }
    /// Before LIVE.
    var live: String { self == .ascii ? "*" : "●" }
    /// Before OFFLINE.
    var offline: String { self == .ascii ? "o" : "○" }
    /// Before a factor.
    var times: String { self == .ascii ? "x" : "×" }
    /// Marks the pane that has the keys, and the own row.
    var pointer: String { self == .ascii ? ">" : "▸" }
    /// Marks the sorted column, greatest first.
    var descending: String { self == .ascii ? "v" : "▼" }
    /// Marks the sorted column, least first.
    var ascending: String { self == .ascii ? "^" : "▲" }
    /// From a parent to its child.
    var fedBy: String { self == .ascii ? "<-" : "←" }
    /// The keys that scroll.
    var arrows: String { self == .ascii ? "arrows" : "↑↓" }
    /// A branch of the tree that others follow.
    var branch: String { self == .ascii ? "|- " : "├─ " }
    /// The last branch.
    var lastBranch: String { self == .ascii ? "`- " : "╰─ " }
    /// A branch that passes by.
    var trunk: String { self == .ascii ? "|  " : "│  " }

    /// A block of the chunk map.
    func place(_ place: ChunkMapRow.Place) -> String {
        switch place {
        case .held: self == .ascii ? "#" : "█"
        case .rescued: "!"
        case .inFlight: self == .ascii ? "=" : "▄"
        case .missing: self == .ascii ? "." : "·"
        case .lost: "x"
        }
    }

    /// A bar of `width` columns of which the share `part` is filled.
    func meter(_ part: Double?, width: Int) -> String {
        let steps = partial.count
        guard let part, part.isFinite else {
            return String(repeating: trough, count: width)
        }
        let filled = Int((min(max(0, part), 1) * Double(width * steps)).rounded())
        var bar = String(repeating: full, count: filled / steps)
        if filled % steps > 0 { bar += partial[filled % steps] }
        return bar + String(repeating: trough, count: width - TextWidth.columns(of: bar))
    }

    private var full: String {
        switch self {
        case .blocks: "█"
        case .braille: "⣿"
        case .ascii: "#"
        }
    }

    private var trough: String {
        switch self {
        case .blocks: "░"
        case .braille: "⣀"
        case .ascii: "."
        }
    }

    /// The last character of a bar by its filled share; index 0 is not used.
    private var partial: [String] {
        switch self {
        case .blocks: ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        case .braille: ["", "⣇"]
        case .ascii: [""]
        }
    }
}

/// The pieces of a frame.
struct Frame: Sendable {
    /// Corners and sides.
    let topLeft, topRight, bottomLeft, bottomRight, horizontal, vertical: String

    /// Rounded corners.
    static let rounded = Frame(
        topLeft: "╭",
        topRight: "╮",
        bottomLeft: "╰",
        bottomRight: "╯",
        horizontal: "─",
        vertical: "│"
    )
    /// ASCII only.
    static let ascii = Frame(
        topLeft: "+",
        topRight: "+",
        bottomLeft: "+",
        bottomRight: "+",
        horizontal: "-",
        vertical: "|"
    )
}
