import Synchronization

/// Keeps what a feed hands over.
final class PacketSink: Sendable {
    private let contents = Mutex<[UInt8]>([])

    /// All bytes so far.
    var bytes: [UInt8] { contents.withLock { $0 } }

    /// Adds packets.
    func append(_ packets: [UInt8]) { contents.withLock { $0 += packets } }
}
