/// What to take in, and how often.
public struct IngestOptions: Hashable, Sendable {
    /// Whether a source that ends starts again.
    public enum Repetition: Hashable, Sendable {
        /// The end of the source ends the programme.
        case once
        /// The source starts again; timestamps and continuity counters go on as if it had not ended.
        case loop
    }

    /// What the source's text is.
    public enum Kind: Hashable, Sendable {
        /// A file's path, `-`, an address such as `rtmp://0.0.0.0:1935/live/key`, or a pattern.
        case address
        /// A command whose standard output is the stream; it is split into words without a shell.
        case command
    }

    /// What to take in, as the user wrote it.
    public var source: String
    /// How to read it.
    public var kind: Kind
    /// A file that plays while the encoder is away; nil: none.
    public var offlineCard: String?
    /// Whether the source starts again at its end; only files can.
    public var repetition: Repetition

    /// Names a source, played once unless told otherwise.
    public init(source: String, repetition: Repetition = .once, kind: Kind = .address) {
        self.source = source
        self.repetition = repetition
        self.kind = kind
    }
}
