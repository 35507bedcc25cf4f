/// Why a key or a handshake datagram is refused.
///
/// Whoever sent it learns nothing of it: the caller counts, reports and drops.
public enum SecrecyError: UInt8, Error, Sendable, CaseIterable {
    /// The bytes do not have the layout that they claim.
    case malformed
    /// A tag does not match: altered on the way, for another key, or another prologue.
    case forged
    /// A key of the wrong length.
    case badKey
    /// A public key of low order: the agreement with it would be known to everybody.
    case weakKey
    /// The other side holds our own static key.
    case ownKey
}
