/// What a cell means; the terminal's theme decides how that looks.
///
/// A style only repeats what the text already says: without colour nothing is lost.
public enum Style: UInt8, Sendable, CaseIterable {
    /// Ordinary text.
    case plain
    /// Text of less weight: labels, units, what is idle.
    case dim
    /// Text of more weight.
    case strong
    /// Frames of panes.
    case border
    /// The frame and the title of the pane that has the keys.
    case focus
    /// Column headings.
    case heading
    /// A value as it should be.
    case good
    /// A value that may get worse.
    case warning
    /// A value that a viewer notices.
    case bad
    /// Identifiers of peers.
    case name
    /// The keys in the key bar.
    case key
    /// A badge such as FROZEN.
    case badge
    /// The row under the cursor.
    case selected
    /// A graph, and the weaker part of one.
    case graph, graphWeak
}
