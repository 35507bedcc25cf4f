public import Basics

/// Whole transport stream packets, in order, as the playout hands them over: a block or part of it.
public struct LiveChunk: Sendable {
    /// What is special about a chunk.
    public struct Marks: OptionSet, Sendable {
        /// The bits.
        public let rawValue: UInt8

        /// Makes marks from their bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A decoder can start here.
        public static let keyFrame = Marks(rawValue: 1)
        /// The stream does not continue what came before.
        public static let discontinuity = Marks(rawValue: 2)
    }

    /// The packets.
    public var bytes: Bytes
    /// The media time of the first picture or sample.
    public var mediaTime: TimeSpan
    /// What is special about it.
    public var marks: Marks

    /// Makes a chunk.
    public init(bytes: Bytes, mediaTime: TimeSpan, marks: Marks = []) {
        self.bytes = bytes
        self.mediaTime = mediaTime
        self.marks = marks
    }

    /// Whether a decoder can start here.
    public var startsKeyFrame: Bool { marks.contains(.keyFrame) }
    /// Whether the stream does not continue what came before.
    public var isDiscontinuity: Bool { marks.contains(.discontinuity) }
}
