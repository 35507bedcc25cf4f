/// What a place of the screen stands for when it is clicked.
public enum Target: Sendable, Equatable {
    /// A pane.
    case pane(Pane)
    /// The heading of a column of the table of peers.
    case heading(PeerColumn)
    /// A row of the table of peers.
    case peer(String)
    /// A key of the key bar.
    case key(Key)
}

/// A rectangle that can be clicked.
public struct TargetArea: Sendable, Equatable {
    /// Where.
    public var rect: Rect
    /// What it stands for.
    public var target: Target

    /// Makes an area.
    public init(_ rect: Rect, _ target: Target) {
        self.rect = rect
        self.target = target
    }
}

/// What a mouse did.
public enum MouseAct: Sendable, Equatable {
    /// The left button was pressed.
    case press
    /// The wheel was turned away from the user or towards it.
    case wheelUp, wheelDown
}
