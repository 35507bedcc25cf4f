import Basics
import Paths

/// Where in memory the next call will look, for a driver that knows what comes next and can have it fetched.
///
/// The places are hints: nothing may be read there or written.
extension Peer {
    /// The lists of links and neighbours, and others that every call uses.
    public mutating func showLists(_ show: (UnsafeRawPointer, Int) -> Void) {
        Peer.show(switchboard.links, .max, show)
        Peer.show(neighbours, .max, show)
        Peer.show(outgoing, 128, show)
        Peer.show(switchEvents, 64, show)
        Peer.show(mailed, 64, show)
        Peer.show(children, 128, show)
        Peer.show(fed, 128, show)
    }

    /// What belongs to the session that a datagram is for, by the index in its header; after `showLists`.
    public mutating func show(session index: UInt32, _ show: (UnsafeRawPointer, Int) -> Void) {
        showNeighbour(Int(index & 0xFFFF), show)
    }

    /// Those that get stripes from us; after `showLists`.
    public mutating func showChildren(_ show: (UnsafeRawPointer, Int) -> Void) {
        for slot in fed.prefix(Peer.childrenMost) { showNeighbour(slot, show) }
    }

    /// More children than this are not looked at: the caches do not hold all of them anyway.
    private static let childrenMost = 12
    /// So much of a link holds its session, and so much of a neighbour what every datagram needs.
    private static let linkSize = 256
    private static let neighbourSize = 128

    private mutating func showNeighbour(_ slot: Int, _ show: (UnsafeRawPointer, Int) -> Void) {
        if let place = Peer.object(slot, switchboard.links) { show(place, Peer.linkSize) }
        if let place = Peer.object(slot, neighbours) { show(place, Peer.neighbourSize) }
    }

    /// Where a list begins; its header is just before.
    private static func show<Element>(
        _ list: [Element],
        _ most: Int,
        _ show: (UnsafeRawPointer, Int) -> Void
    ) {
        list.withUnsafeBytes { if let place = $0.baseAddress { show(place, min($0.count, most)) } }
    }

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
