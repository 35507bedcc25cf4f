import Crypto

/// A deterministic generator of key material: HMAC-SHA256 under a secret, in counter mode.
///
/// A driver starts it from 32 bytes of the system's generator, a simulation from a seed. A copy
/// yields the same bytes again, which repeats keys: keep one per core and pass it `inout`.
public struct Entropy: Sendable {
    private let key: SymmetricKey
    private var counter: UInt64 = 0

    /// Starts the sequence that belongs to a secret of 32 bytes.
    public init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    /// The next `count` bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < count {
            var block: [UInt8] = []
            block.append(littleEndian: counter)
            result += HMAC<SHA256>.authenticationCode(for: block, using: key)
            counter += 1
        }
        result.removeLast(result.count - max(0, count))
        return result
    }
}
