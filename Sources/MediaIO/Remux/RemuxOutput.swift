public import Basics

/// What comes out when a transport stream is turned into a movie for browsers.
public enum RemuxOutput: Sendable, Equatable {
    /// A movie begins: what follows can be decoded with this header and nothing before it.
    case head(RemuxHead)
    /// The movie goes on.
    case part(RemuxPart)
    /// The programme cannot be played by a browser, for this reason in words.
    case unplayable(String)
}

/// The header of a fragmented MP4: `ftyp` and `moov`.
public struct RemuxHead: Sendable, Equatable {
    /// The bytes.
    public var bytes: [UInt8]
    /// The codecs as RFC 6381 lists them, such as `avc1.64001F,mp4a.40.2`.
    public var codecs: String
    /// The picture's width and height in pixels; nil without picture.
    public var size: (width: Int, height: Int)?
    /// The tracks that a browser could not play and that are left out, such as `AC-3`.
    public var omitted: [String]

    /// Whether all of it is equal.
    public static func == (left: RemuxHead, right: RemuxHead) -> Bool {
        left.bytes == right.bytes && left.codecs == right.codecs && left.omitted == right.omitted
    }
}

/// One movie fragment: `moof` and `mdat`.
public struct RemuxPart: Sendable, Equatable {
    /// The bytes.
    public var bytes: [UInt8]
    /// When its first picture is decoded, on a timeline that has no holes.
    public var start: TimeSpan
    /// How long its pictures last.
    public var duration: TimeSpan
    /// Whether decoding can start with it.
    public var startsKeyFrame: Bool
}
