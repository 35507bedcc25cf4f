/// What the user chose to see: everything that a screen depends on beside the snapshot.
public struct ViewState: Sendable, Equatable {
    /// The name in the frame of the header, such as `candela demo`.
    public var title = "candela"
    /// A hint in the frame of the header, such as the URL to open; may be empty.
    public var footer = ""
    /// Seconds that the clock of the events is east of UTC.
    public var utcOffset = 0
    /// The pane that has the keys.
    public var pane = Pane.peers
    /// Whether that pane has the whole screen.
    public var isFull = false
    /// Whether the screen stands still while data is collected.
    public var isFrozen = false
    /// Whether the help is shown.
    public var isHelp = false
    /// The characters in use.
    public var glyphs = GlyphSet.blocks
    /// Whether the terminal can show nothing beyond ASCII.
    public var isASCIIOnly = false
    /// The column that the peers are sorted by; nil for the source first, then by identifier.
    public var sort: PeerColumn?
    /// Whether the sorting is turned round.
    public var isReversed = false
    /// The text that a peer must contain to be shown.
    public var filter = ""
    /// Whether keys go into the filter.
    public var isFiltering = false
    /// How often the tree's view was switched: 0 merged, then stripe by stripe, round and round.
    public var treeStep = 0
    /// How far each pane is scrolled: rows from its top, for events rows from the newest.
    public var scroll: [Pane: Int] = [:]
    /// How far the help is scrolled.
    public var scrollHelp = 0
    /// How many rows a page has; drawing finds out.
    public var pageRows = 10

    /// The state at the start.
    public init() {}

    /// The longest filter in characters.
    static let filterMax = 32
    private static let scrollMax = 1_000_000

    /// The characters to draw with.
    var glyphsInUse: GlyphSet { isASCIIOnly ? .ascii : glyphs }

    /// Does what a key asks for.
    @discardableResult
    public mutating func handle(_ key: Key) -> KeyOutcome {
        switch key {
        case .interrupt: return .interrupt
        case .redraw: return .repaint
        case .character(let character):
            guard isFiltering else {
                return command(character)
            }
            type(character)
        case .up: scroll(by: -1)
        case .down: scroll(by: 1)
        case .pageUp: scroll(by: -max(1, pageRows - 1))
        case .pageDown: scroll(by: max(1, pageRows - 1))
        case .home: scroll(by: -ViewState.scrollMax)
        case .end: scroll(by: ViewState.scrollMax)
        case .tab, .right: pane = pane.moved(by: 1)
        case .backTab, .left: pane = pane.moved(by: -1)
        case .enter: isFiltering = false
        case .escape: leave()
        case .backspace: if isFiltering, !filter.isEmpty { filter.removeLast() }
        }
        return .draw
    }

    private mutating func command(_ character: Character) -> KeyOutcome {
        switch character {
        case "q", "Q": return .quit
        case "?", "h": isHelp.toggle()
        case "1", "2", "3", "4": choose(character)
        case "s": sort = PeerColumn.following(sort)
        case "S": isReversed.toggle()
        case "/": startFilter()
        case "t": switchTree()
        case " ": isFrozen.toggle()
        case "g": if !isASCIIOnly { glyphs = glyphs.next }
        case "k": scroll(by: -1)
        case "j": scroll(by: 1)
        default: break
        }
        return .draw
    }

    private mutating func choose(_ digit: Character) {
        guard let number = digit.wholeNumberValue, let chosen = Pane(rawValue: number) else {
            return
        }
        if chosen == pane { isFull.toggle() } else { pane = chosen }
    }

    private mutating func startFilter() {
        isFiltering = true
        isHelp = false
        pane = .peers
        scroll[.peers] = 0
    }

    private mutating func switchTree() {
        if pane == .tree { treeStep &+= 1 }
        pane = .tree
    }

    private mutating func type(_ character: Character) {
        guard filter.count < ViewState.filterMax, TextWidth.columns(of: String(character)) > 0
        else {
            return
        }
        filter.append(character)
        scroll[.peers] = 0
    }

    /// Escape leaves one thing at a time.
    private mutating func leave() {
        if isHelp {
            isHelp = false
        } else if isFiltering || !filter.isEmpty {
            isFiltering = false
            filter = ""
        } else {
            isFull = false
        }
    }

    /// Events hang on their newest row, so that up leads into the past.
    private mutating func scroll(by rows: Int) {
        if isHelp {
            scrollHelp = min(max(0, scrollHelp + rows), ViewState.scrollMax)
        } else {
            let signed = pane == .events ? -rows : rows
            scroll[pane] = min(max(0, scroll[pane, default: 0] + signed), ViewState.scrollMax)
        }
    }
}
