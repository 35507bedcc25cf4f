/// One place of a canvas: plain bits, so that a screen is compared and copied as memory.
public struct Cell: Sendable, Equatable {
    /// The character without its marks; always printable, always of the given width.
    public var base: Unicode.Scalar
    /// What it means.
    public var style: Style
    /// How many columns it takes: 1, 2, or 0 for the right half of the character to the left.
    public var width: UInt8
    /// The colours of a cell of a picture; none elsewhere.
    public var tint: Tint?
    private var first: Unicode.Scalar?
    private var second: Unicode.Scalar?

    /// No character keeps more combining marks than this.
    static let marksMax = 2

    /// Makes a cell with at most two combining marks.
    init(
        base: Unicode.Scalar,
        marks: [Unicode.Scalar] = [],
        style: Style,
        width: UInt8,
        tint: Tint? = nil
    ) {
        self.base = base
        self.style = style
        self.width = width
        self.tint = tint
        first = marks.first
        second = marks.dropFirst().first
    }

    /// A space.
    public static let blank = Cell(base: " ", style: .plain, width: 1)
    /// The right half of a wide character.
    static func rightHalf(_ style: Style) -> Cell { Cell(base: " ", style: style, width: 0) }

    /// The combining marks above and below the character, at most two.
    public var marks: [Unicode.Scalar] { [first, second].compactMap { $0 } }
    /// Whether there are any.
    var hasMarks: Bool { first != nil }

    /// The character with its marks.
    public var text: String {
        guard hasMarks else { return String(Character(base)) }
        var scalars = String.UnicodeScalarView([base])
        scalars.append(contentsOf: marks)
        return String(scalars)
    }

    /// Puts a combining mark on the character while there is room for one.
    mutating func add(mark: Unicode.Scalar) {
        if first == nil { first = mark } else if second == nil { second = mark }
    }
}

/// The two colours of a cell of a picture, each 0xRRGGBB.
public struct Tint: Sendable, Hashable {
    /// The colour of the character; of a half block, its upper half.
    public var ink: UInt32
    /// The colour behind it.
    public var ground: UInt32

    /// Makes a pair of colours.
    public init(ink: UInt32, ground: UInt32) {
        self.ink = ink
        self.ground = ground
    }
}
