/// What the user chose to see: everything that a screen depends on beside the scene.
public struct ViewState: Sendable, Equatable {
    /// The name in the frame of the header, such as `candela demo`.
    public var title = "candela"
    /// A hint in the frame of the header, such as the URL to open; may be empty.
    public var footer = ""
    /// What `y` copies while no peer is chosen; empty where the snapshot's link is to be taken.
    public var link = ""
    /// What stands in the picture's place while there is none.
    public var pictureHint = "no picture yet: it comes with the next key frame"
    /// Seconds that the clock of the events is east of UTC.
    public var utcOffset = 0
    /// Which of the channels is shown, from 0.
    public var channel = 0
    /// How many channels there are to choose from.
    public var channelCount = 1
    /// The pane that has the keys.
    public var pane = Pane.peers
    /// Whether that pane has the whole screen.
    public var isFull = false
    /// The moment that is shown.
    public var moment = Moment.live
    /// Whether a recording is shown.
    public var isReplay = false
    /// Whether the recording stands still.
    public var isPaused = false
    /// Steps through time that were asked for and not taken yet; below 0 into the past.
    public var steps = 0
    /// Whether the help is shown.
    public var isHelp = false
    /// The characters in use.
    public var glyphs = GlyphSet.blocks
    /// Whether the terminal can show nothing beyond ASCII.
    public var isASCIIOnly = false
    /// Whether the terminal has no colours, or they are not wanted.
    public var isColourless = false
    /// Whether the mouse is listened to; while it is, most terminals select text only with Shift.
    public var isMouseOn = true
    /// The column that the peers are sorted by; nil for the source first, then by identifier.
    public var sort: PeerColumn?
    /// Whether the sorting is turned round.
    public var isReversed = false
    /// The columns that the user does not want.
    public var columnsHidden: Set<PeerColumn> = []
    /// Whether the columns are being chosen, and at which one; nil when not.
    public var columnCursor: Int?
    /// The text that a peer must contain to be shown.
    public var filter = ""
    /// Whether keys go into the filter.
    public var isFiltering = false
    /// The peer under the cursor of the table; nil until the cursor is moved.
    public var selected: String?
    /// Rows that the cursor is still to be moved.
    public var cursorMove = 0
    /// The row of the cursor when it was drawn last, should its peer go.
    public var cursorRow = 0
    /// The peer that is shown in detail in the place of the table.
    public var detail: String?
    /// How often the tree's view was switched: 0 merged, then stripe by stripe, round and round.
    public var treeStep = 0
    /// How far each pane is scrolled: rows from its top, for events rows from the newest.
    public var scroll: [Pane: Int] = [:]
    /// How far the table was scrolled when a peer took its place.
    public var scrollTable = 0
    /// How far the help is scrolled.
    public var scrollHelp = 0
    /// How many rows a page has; drawing finds out.
    public var pageRows = 10
    /// What stands where; drawing finds out.
    public var areas: [TargetArea] = []
    /// A message for the last row, such as what was copied; empty when there is none.
    public var notice = ""

    /// The state at the start.
    public init() {}

    /// The longest filter in characters.
    static let filterMax = 32
    static let scrollMax = 1_000_000

    /// The characters to draw with.
    var glyphsInUse: GlyphSet { isASCIIOnly ? .ascii : glyphs }

    /// Whether the screen stands still while data is collected.
    public var isFrozen: Bool { isReplay ? isPaused : moment != .live }

    /// Takes the steps through time that were asked for, and lets go beyond the newest moment.
    mutating func settleMoment(_ history: History) {
        defer { steps = 0 }
        guard steps != 0, history.count > 0 else { return }
        let here: Int
        switch moment {
        case .live: here = history.count - 1
        case .held(let number): here = history.index(of: number)
        }
        let there = max(0, here + steps)
        moment = there >= history.count ? .live : .held(history.entries[there].number)
    }

    /// Freezes the screen at the newest moment, or lets it go on.
    mutating func toggleFrozen(_ history: History) {
        guard !isReplay else {
            isPaused.toggle()
            return
        }
        switch moment {
        case .live: moment = .held(history.newest?.number ?? 0)
        case .held: moment = .live
        }
    }
}
