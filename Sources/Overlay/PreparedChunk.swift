import Basics

/// The chunk that was sent last, in the two parts that a session seals: most go to several children
/// one after the other.
struct PreparedChunk: Sendable {
    var id: ChunkID?
    var head: [UInt8] = []
    var payload = Bytes.empty
}
