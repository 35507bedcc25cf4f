/// One place of a canvas.
public struct Cell: Sendable, Equatable {
    /// The character without its marks; always printable, always of the given width.
    public var base: Unicode.Scalar
    /// The combining marks above and below it, at most two.
    public var marks: [Unicode.Scalar]
    /// What it means.
    public var style: Style
    /// How many columns it takes: 1, 2, or 0 for the right half of the character to the left.
    public var width: UInt8

    /// A space.
    public static let blank = Cell(base: " ", marks: [], style: .plain, width: 1)
    /// The right half of a wide character.
    static func rightHalf(_ style: Style) -> Cell {
        Cell(base: " ", marks: [], style: style, width: 0)
    }

    /// The character with its marks.
    public var text: String {
        var scalars = String.UnicodeScalarView([base])
        scalars.append(contentsOf: marks)
        return String(scalars)
    }
}
