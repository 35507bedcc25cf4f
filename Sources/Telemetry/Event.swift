public import Basics

/// How much an event matters to the person who watches.
public enum Severity: String, Codable, Sendable {
    /// Part of normal life.
    case info
    /// Something went wrong and was mended, or may get worse.
    case warning
    /// A viewer notices it.
    case error
}

/// What kind of thing happened.
public enum EventKind: String, Codable, Sendable {
    /// A peer joined.
    case joined
    /// A peer said goodbye or was given up.
    case left
    /// A stripe got another parent.
    case parent
    /// A chunk that push did not bring was asked for and came in time.
    case rescue
    /// A chunk did not come in time.
    case lost
    /// Playout halted or resumed.
    case stall
    /// The stream started, stopped or skipped.
    case stream
    /// A path was validated or lost.
    case path
    /// Somebody broke the protocol.
    case violation
    /// The tracker answered, or did not.
    case tracker
}

/// Something that happened, for the event list, the logs and the tests.
public struct Event: Sendable, Equatable {
    /// When it happened.
    public var time: Instant
    /// How much it matters.
    public var severity: Severity
    /// What kind it is.
    public var kind: EventKind
    /// One sentence that a viewer understands.
    public var text: String
    /// The other peer concerned.
    public var peer: PeerID?

    /// Makes an event.
    public init(
        time: Instant,
        severity: Severity,
        kind: EventKind,
        text: String,
        peer: PeerID? = nil
    ) {
        self.time = time
        self.severity = severity
        self.kind = kind
        self.text = text
        self.peer = peer
    }

    /// The event as a snapshot shows it.
    public var row: EventRow {
        var row = EventRow()
        row.t = Double(time.nanoseconds) / 1e9
        row.severity = severity
        row.kind = kind
        row.text = text
        row.peer = peer?.description
        return row
    }
}

/// One event as a snapshot shows it.
public struct EventRow: Codable, Sendable, Equatable {
    /// When it happened: seconds since 1970 on a real node, virtual seconds in a simulation.
    public var t = 0.0
    /// How much it matters.
    public var severity = Severity.info
    /// What kind it is.
    public var kind = EventKind.stream
    /// One sentence that a viewer understands.
    public var text = ""
    /// The identifier of the other peer concerned.
    @OrNull public var peer: String?

    /// Makes an empty row.
    public init() {}
}
