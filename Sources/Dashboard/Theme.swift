import CNcurses
import Glibc

/// How a style looks on this terminal: attributes always, colours where there are some.
struct Theme {
    /// How many colours the terminal has, as far as a theme cares.
    enum Depth {
        /// None, or NO_COLOR is set.
        case mono
        /// The eight of old.
        case basic
        /// The 256 of xterm.
        case indexed
        /// 24 bits, through a `*-direct` terminal description.
        case direct
    }

    private let depth: Depth

    /// Prepares the colours; ncurses has started.
    init() {
        depth = Theme.depthOfTerminal()
        guard depth != .mono else { return }
        use_default_colors()
        for style in Style.allCases {
            init_extended_pair(Int32(style.rawValue) + 1, ink(style), -1)
        }
    }

    /// The attributes of a style.
    func attributes(_ style: Style) -> attr_t {
        switch style {
        case .plain, .good: 0
        case .border, .name: 0
        case .dim: depth == .indexed || depth == .direct ? 0 : nc_dim
        case .strong, .focus, .key, .heading, .warning: nc_bold
        case .bad: nc_bold
        case .badge: nc_bold | nc_reverse
        }
    }

    /// The colour pair of a style; 0 is the terminal's own.
    func pair(_ style: Style) -> Int32 {
        depth == .mono || ink(style) < 0 ? 0 : Int32(style.rawValue) + 1
    }

    private static func depthOfTerminal() -> Depth {
        // no-color.org: present and not empty.
        if let value = getenv("NO_COLOR"), value.pointee != 0 { return .mono }
        guard has_colors(), start_color() == OK else { return .mono }
        let count = nc_colours()
        if count >= 1 << 24 { return .direct }
        if count >= 256 { return .indexed }
        return count >= 8 ? .basic : .mono
    }

    /// The colour number of a style, -1 for the terminal's own ink.
    private func ink(_ style: Style) -> Int32 {
        let inks = Theme.inks(style)
        return switch depth {
        case .mono: -1
        case .basic: inks.basic
        case .indexed: inks.indexed
        case .direct: inks.direct
        }
    }

    private static func inks(_ style: Style) -> (basic: Int32, indexed: Int32, direct: Int32) {
        switch style {
        case .plain, .strong: (-1, -1, -1)
        case .dim: (-1, 245, 0x8A8A8A)
        case .border: (-1, 240, 0x585858)
        case .focus: (3, 215, 0xFFAF5F)
        case .heading: (6, 110, 0x87AFD7)
        case .good: (2, 114, 0x87D787)
        case .warning: (3, 221, 0xFFD75F)
        case .bad: (1, 203, 0xFF5F5F)
        case .name: (6, 117, 0x87D7FF)
        case .key: (3, 215, 0xFFAF5F)
        case .badge: (6, 117, 0x87D7FF)
        }
    }
}
