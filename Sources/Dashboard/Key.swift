/// A key as the dashboard understands it.
public enum Key: Sendable, Equatable {
    /// A printable character.
    case character(Character)
    /// The arrow keys.
    case up, down, left, right
    /// One page up or down.
    case pageUp, pageDown
    /// To the first or the last row.
    case home, end
    /// To the next or the previous pane.
    case tab, backTab
    /// Confirms.
    case enter
    /// Leaves what was entered last.
    case escape
    /// Takes the last character away.
    case backspace
    /// Ctrl-U and Ctrl-W: take away all that was typed, or the last word of it.
    case eraseAll, eraseWord
    /// Ctrl-C where the terminal delivers it as a character.
    case interrupt
    /// Ctrl-L: paint everything anew.
    case redraw
    /// The mouse did something at a place.
    case mouse(MouseAct, Point)
}

/// What a key asks of the one who runs the dashboard.
public enum KeyOutcome: Sendable, Equatable {
    /// Draw again.
    case draw
    /// Paint every cell again.
    case repaint
    /// Put a text on the clipboard and draw again.
    case copy(String)
    /// Leave.
    case quit
    /// Leave as after SIGINT.
    case interrupt
}
