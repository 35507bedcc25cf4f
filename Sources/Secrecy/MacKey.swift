import Crypto

/// A key for the MACs of datagrams outside of sessions: the real one, or its stand-in.
enum MacKey: Sendable {
    /// HMAC-SHA256, truncated.
    case hmac(SymmetricKey)
    /// The seed of a checksum: it notices corruption and stops nobody.
    case standIn(UInt64)

    /// Makes the key of a suite from secret bytes.
    init(_ secret: [UInt8], _ suite: Suite) {
        switch suite {
        case .noise: self = .hmac(SymmetricKey(data: secret))
        case .standIn: self = .standIn(Checksum.of(secret, seed: 3))
        }
    }

    /// The 16 bytes over others.
    func mac(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .hmac(let key): Primitives.mac(bytes, key: key)
        case .standIn(let seed):
            Checksum.tag(bytes.withUnsafeBytes { Checksum.of($0, seed: seed) })
        }
    }
}
