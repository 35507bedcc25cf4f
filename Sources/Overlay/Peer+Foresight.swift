import Basics
import Paths

/// Where in memory the next call will look, for a driver that knows what comes next and can have it fetched.
///
/// The places are hints: nothing may be read there or written.
extension Peer {
    /// The lists of links and neighbours: what it takes to answer `show(session:)`.
    public mutating func showLists(_ show: (UnsafeRawPointer, Int) -> Void) {
        switchboard.links.withUnsafeBytes {
            if let place = $0.baseAddress { show(place, $0.count) }
        }
        neighbours.withUnsafeBytes { if let place = $0.baseAddress { show(place, $0.count) } }
        outgoing.withUnsafeBytes { if let place = $0.baseAddress { show(place, 128) } }
        switchEvents.withUnsafeBytes { if let place = $0.baseAddress { show(place, 64) } }
    }

    /// What belongs to the session that a datagram is for, by the index in its header.
    public mutating func show(session index: UInt32, _ show: (UnsafeRawPointer, Int) -> Void) {
        let slot = Int(index & 0xFFFF)
        if let place = Peer.object(slot, switchboard.links) { show(place, Peer.linkSize) }
        if let place = Peer.object(slot, neighbours) { show(place, Peer.neighbourSize) }
    }

    /// So much of a link holds its session, and so much of a neighbour what every datagram needs.
    private static let linkSize = 256
    private static let neighbourSize = 128

    /// Where an object of a list is, without a reference to it: counting one would have to wait for it.
    private static func object<Object: AnyObject>(_ at: Int, _ list: [Object?])
        -> UnsafeRawPointer?
    {
        guard at < list.count else { return nil }
        return list.withUnsafeBytes {
            $0.load(fromByteOffset: at * MemoryLayout<Object?>.stride, as: UnsafeRawPointer?.self)
        }
    }
}
