/// What every key and word of the screen means.
enum HelpView {
    /// The rows for a width.
    static func lines(_ state: ViewState, width: Int) -> [Line] {
        entries(state.glyphsInUse).flatMap { entry(key: $0.0, text: $0.1, width) }
    }

    private static func entry(key: String, text: String, _ width: Int) -> [Line] {
        let column = width >= 40 ? 11 : 10
        guard !text.isEmpty else { return [Line(key, .heading)] }
        return Line.wrapped(text, width: max(8, width - column), style: .plain).enumerated().map {
            var line = Line($0.offset == 0 ? key : "", .key)
            line.fill(to: column)
            line.add($0.element)
            return line
        }
    }

    private static func entries(_ glyphs: GlyphSet) -> [(String, String)] {
        [
            ("Keys", ""),
            ("1 ... 9 0", "choose a pane; the same number again gives it the whole screen"),
            ("tab", "next pane"),
            (glyphs.arrows, "move in the table, scroll elsewhere; also j k PgUp PgDn Home End"),
            ("Enter", "the peer under the cursor in detail"),
            ("s  S", "sort the peers by the next column; turn the order round"),
            ("c", "choose the columns of the table; s there sorts by one"),
            ("/", "show only peers that contain a text; ^U empties it, Esc ends it"),
            ("t", "who feeds whom: all stripes, then one after the other"),
            ("r  l  p", "rescues, feedback loops, the picture"),
            ("space", "freeze the screen; data is still collected"),
            ("[  ]", "a second back or forward in the last ten minutes; { } half a minute"),
            ("n  N", "the next channel, where several are joined; the one before"),
            ("m", "mouse: headings sort, rows open, the wheel scrolls; off to select text"),
            ("g", "characters: blocks, braille, ASCII"),
            ("y", "copy the chosen peer's identifier, or else the link"),
            ("^L", "paint the screen anew"),
            ("Esc", "leave help, filter, detail, full screen, the past"),
            ("q  ^C", "quit"),
            ("Words", ""),
            ("behind", "from the source's publishing to the viewer's playing of the same byte"),
            ("buffer", "media held before it is played: what a fault may cost unseen"),
            ("rescued", "chunks that had to be asked for and came in time"),
            ("on time", "continuity: chunks that came by their deadline, of those due (CONT)"),
            ("SCORE", "chunks that a peer owed this one and that came when due"),
            ("load", "what the source uploads, in copies of the stream"),
            (glyphs.unknown, "not known"),
            (glyphs.pointer, "the pane that has the keys; in the table: the cursor"),
            ("*", "in the table: the peer that tells all this"),
        ]
    }
}
