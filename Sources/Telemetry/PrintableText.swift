/// Text from elsewhere, made safe to show.
public enum PrintableText {
    /// The longest cleaned name in graphemes.
    public static let graphemesMax = 32
    /// The longest cleaned name in bytes of UTF-8.
    public static let bytesMax = 128

    /// Strips control characters, bidirectional overrides, zero-width and tag characters and
    /// everything unassigned, then cuts to 32 graphemes and 128 bytes.
    ///
    /// Nothing that comes out can emit an escape sequence, move a column or forge a row.
    public static func clean(_ text: String) -> String {
        // Most names: nothing to strip, and a byte is a grapheme.
        if text.utf8.count <= graphemesMax, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            return text
        }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(4 * bytesMax) where isPrintable(scalar) {
            scalars.append(scalar)
        }
        var result = ""
        for character in String(scalars).prefix(graphemesMax) {
            let short = String(String.UnicodeScalarView(character.unicodeScalars.prefix(4)))
            guard result.utf8.count + short.utf8.count <= bytesMax else { break }
            result += short
        }
        return result
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber,
            .otherNumber, .connectorPunctuation, .dashPunctuation, .openPunctuation,
            .closePunctuation, .initialPunctuation, .finalPunctuation, .otherPunctuation,
            .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .spaceSeparator:
            // Variation selectors, fillers and joiners: letters and marks that nobody sees.
            !scalar.properties.isDefaultIgnorableCodePoint
        @unknown default: false
        }
    }
}
