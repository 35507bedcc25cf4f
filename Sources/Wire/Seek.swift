public import Basics

/// Asks a neighbour to introduce some of its neighbours, when no tracker answers.
public struct Seek: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.seek
    /// At most so many are told.
    public static let knownMax = 32
    /// Whom the sender is in touch with already.
    public var known: [PeerID]

    /// Makes a question.
    public init(known: [PeerID]) { self.known = known }

    init(from reader: inout ByteReader) throws(WireError) {
        known = try reader.peers(most: Seek.knownMax)
    }

    func emit(into writer: inout ByteWriter) {
        writer.peers(Array(known.prefix(Seek.knownMax)))
    }
}
