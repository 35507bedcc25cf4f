/// Why a source cannot be taken in: one clear line with what is wrong, where, and what to do.
public struct IngestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, for exit codes and tests.
    public enum Code: Hashable, Sendable {
        /// There is no such file.
        case notFound
        /// It exists, but may not or cannot be read.
        case notReadable
        /// It holds no bytes, or none came.
        case empty
        /// What it holds is not a media format that can be read.
        case notMedia
        /// It is media, but MPEG-TS cannot carry it to common players.
        case unsupportedCodec
        /// The source's name or its options make no sense.
        case badSource
        /// An address does not answer, or refuses.
        case unreachable
        /// The encoder went away and did not come back.
        case offline
        /// The system failed underneath: a disk, a socket, memory.
        case io
    }

    /// The kind of failure.
    public var code: Code
    /// One line for a person.
    public var message: String

    /// Makes an error; line breaks in the message become spaces.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = String(message.map { $0.isNewline ? " " : $0 })
    }

    /// The message.
    public var description: String { message }
}
