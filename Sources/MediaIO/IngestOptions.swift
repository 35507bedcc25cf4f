/// What to take in, and how often.
public struct IngestOptions: Hashable, Sendable {
    /// Whether a source that ends starts again.
    public enum Repetition: Hashable, Sendable {
        /// The end of the source ends the programme.
        case once
        /// The source starts again; timestamps and continuity counters go on as if it had not ended.
        case loop
    }

    /// A file's path, `-`, `udp://host:port` or `pattern:WIDTHxHEIGHT@FPS,RATE`.
    public var source: String
    /// Whether the source starts again at its end; only files can.
    public var repetition: Repetition

    /// Names a source, played once unless told otherwise.
    public init(source: String, repetition: Repetition = .once) {
        self.source = source
        self.repetition = repetition
    }
}
