public import Basics
public import Wire

/// How a viewer whose link names no key asks a tracker for it.
///
/// The answer is not authenticated, and need not be: the channel's identifier proves the stream, so
/// a false tracker can only withhold.
public enum Discovery {
    /// A question of 1,200 bytes, so that no answer is larger than it.
    public static func request(service: Envelope.Service) -> [UInt8] {
        var datagram = [UInt8](repeating: 0, count: Envelope.initiationSize)
        datagram[0] = Envelope.firstByte(.discover, service)
        return datagram
    }

    /// Whether a datagram is a question of the size that deserves an answer.
    public static func isRequest(_ datagram: Bytes) -> Bool {
        datagram.count == Envelope.initiationSize
            && Envelope.parse(firstByte: datagram[0])?.kind == .discover
    }

    /// The answer of the holder of a static key.
    public static func answer(publicKey: [UInt8]) -> [UInt8] {
        [Envelope.firstByte(.identity, .peer)] + publicKey.prefix(Primitives.keySize)
    }

    /// The key in an answer; nil when it is none.
    public static func parseAnswer(_ datagram: Bytes) -> [UInt8]? {
        guard datagram.count == 1 + Primitives.keySize,
            Envelope.parse(firstByte: datagram[0])?.kind == .identity
        else { return nil }
        return datagram.suffix(from: 1).array
    }
}
