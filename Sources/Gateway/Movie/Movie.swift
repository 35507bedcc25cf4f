public import Basics

/// The header of a fragmented MP4: `ftyp` and `moov`.
public struct MovieHead: Sendable, Equatable {
    /// The bytes.
    public var bytes: [UInt8]
    /// The codecs as RFC 6381 lists them, such as `avc1.64001F,mp4a.40.2`.
    public var codecs: String
    /// The picture's width in pixels; nil without picture.
    public var width: Int?
    /// The picture's height in pixels; nil without picture.
    public var height: Int?
    /// The tracks that browsers cannot play and that are left out, such as `AC-3`.
    public var omitted: [String]

    /// Makes a header.
    public init(
        bytes: [UInt8],
        codecs: String,
        width: Int? = nil,
        height: Int? = nil,
        omitted: [String] = []
    ) {
        self.bytes = bytes
        self.codecs = codecs
        self.width = width
        self.height = height
        self.omitted = omitted
    }
}

/// One movie fragment, `moof` and `mdat`, of about 100 ms.
public struct MoviePart: Sendable, Equatable {
    /// The bytes.
    public var bytes: [UInt8]
    /// When it begins on the movie's timeline, which goes on over all headers.
    public var start: TimeSpan
    /// How long it lasts.
    public var duration: TimeSpan
    /// Whether decoding can start with it.
    public var startsKeyFrame: Bool

    /// Makes a fragment.
    public init(bytes: [UInt8], start: TimeSpan, duration: TimeSpan, startsKeyFrame: Bool) {
        self.bytes = bytes
        self.start = start
        self.duration = duration
        self.startsKeyFrame = startsKeyFrame
    }
}

/// What comes of a transport stream that is being turned into a movie.
public enum MovieOutput: Sendable, Equatable {
    /// A movie begins; what follows needs this header and nothing before it.
    case head(MovieHead)
    /// The movie goes on.
    case part(MoviePart)
    /// Browsers cannot play the programme, for this reason in words.
    case unplayable(String)
}

/// Where the gateway gets movies from: the one thing that it cannot do itself.
public struct MovieMaker: Sendable {
    /// Starts turning a transport stream into a movie; nil when the system refuses.
    ///
    /// The sink is called in order, from any one thread, and not any more after `stop`.
    public var start: @Sendable (_ sink: @escaping @Sendable (MovieOutput) -> Void) -> MovieRun?

    /// Makes a maker from what starts it.
    public init(
        start: @escaping @Sendable (_ sink: @escaping @Sendable (MovieOutput) -> Void) -> MovieRun?
    ) { self.start = start }
}

/// A transport stream being turned into a movie.
public struct MovieRun: Sendable {
    /// Takes whole packets; false when it has enough to do: they must be offered again.
    public var append: @Sendable ([UInt8]) -> Bool
    /// Ends it; blocks until its thread has.
    public var stop: @Sendable () -> Void

    /// Makes a run from its two operations.
    public init(
        append: @escaping @Sendable ([UInt8]) -> Bool,
        stop: @escaping @Sendable () -> Void
    ) {
        self.append = append
        self.stop = stop
    }
}
