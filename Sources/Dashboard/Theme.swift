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
        /// The eight of old and their bright siblings.
        case bright
        /// The 256 of xterm.
        case indexed
        /// 24 bits, through a `*-direct` terminal description.
        case direct
    }

    private let depth: Depth
    private var tints: [Tint: Int32] = [:]

    /// More pairs of colours than this are not kept at once; a terminal of 256 colours has 65,536.
    private static let tintsMax = 8_192
    /// The first pair of the pictures.
    private static let tintFirst = Int32(Style.allCases.count) + 1

    /// Prepares the colours; ncurses has started.
    init() {
        depth = Theme.depthOfTerminal()
        guard depth != .mono else { return }
        use_default_colors()
        for style in Style.allCases {
            init_extended_pair(Int32(style.rawValue) + 1, ink(style), -1)
        }
    }

    /// Whether there are no colours.
    var isColourless: Bool { depth == .mono || depth == .basic || depth == .bright }

    /// Whether the terminal takes 24-bit colours, be it that ncurses does not know.
    var isTrueColour: Bool {
        if depth == .direct { return true }
        guard depth == .indexed, let value = getenv("COLORTERM") else { return false }
        return ["truecolor", "24bit"].contains(String(cString: value))
    }

    /// The pair for two colours of a picture among the 256; nil when too many are in use.
    mutating func pair(_ tint: Tint) -> Int32? {
        let nearest = Tint(
            ink: UInt32(Picture.indexed(tint.ink)),
            ground: UInt32(Picture.indexed(tint.ground))
        )
        if let known = tints[nearest] { return known }
        guard tints.count < Theme.tintsMax else { return nil }
        let pair = Theme.tintFirst + Int32(tints.count)
        init_extended_pair(pair, Int32(nearest.ink), Int32(nearest.ground))
        tints[nearest] = pair
        return pair
    }

    /// Forgets the pairs of pictures; every cell is to be painted again.
    mutating func forgetTints() { tints.removeAll(keepingCapacity: true) }

    /// The attributes of a style.
    func attributes(_ style: Style) -> attr_t {
        switch style {
        case .plain, .good, .graph: 0
        case .border, .name: 0
        case .dim, .graphWeak: depth == .indexed || depth == .direct ? 0 : nc_dim
        case .strong, .focus, .key, .heading, .warning: nc_bold
        case .bad: nc_bold
        case .badge, .selected: nc_bold | nc_reverse
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
        if count >= 16 { return .bright }
        return count >= 8 ? .basic : .mono
    }

    /// The colour number of a style, -1 for the terminal's own ink.
    private func ink(_ style: Style) -> Int32 {
        let inks = Theme.inks(style)
        return switch depth {
        case .mono: -1
        case .basic: inks.basic
        case .bright: inks.basic > 0 ? inks.basic + 8 : inks.basic
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
        case .selected: (-1, -1, -1)
        case .graph: (2, 72, 0x5FAF87)
        case .graphWeak: (-1, 240, 0x585858)
        }
    }
}
