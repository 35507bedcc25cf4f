import Basics
import Crypto
import Wire

/// Makes and recognises cookies without remembering who got one (SECURITY.md, section 2.3).
///
/// A cookie is a MAC over the address under a secret of the minute; this minute's and the last one's
/// are good.
struct CookieJar: Sendable {
    /// How long a secret serves.
    static let period = TimeSpan.seconds(60)
    /// Bytes of a cookie.
    static let size = 16
    /// Bytes of a nonce in a cookie reply.
    static let nonceSize = 12
    private let secret: SymmetricKey

    init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    static func epoch(at now: Instant) -> Int64 {
        let (quotient, rest) = now.nanoseconds.quotientAndRemainder(
            dividingBy: period.nanoseconds
        )
        return rest < 0 ? quotient - 1 : quotient
    }

    func cookie(for endpoint: Endpoint, epoch: Int64) -> [UInt8] {
        var writer = ByteWriter(capacity: 26)
        writer.endpoint(endpoint)
        writer.i64(epoch)
        return Primitives.mac(writer.bytes[...], key: secret)
    }

    /// Whether the second MAC of an initiation was made with a cookie of that address.
    func isValid(_ datagram: Bytes, from endpoint: Endpoint, at now: Instant) -> Bool {
        let bytes = datagram.storageSlice
        let sent = datagram.suffix(from: InitiationLayout.mac2Start).storageSlice
        guard sent.contains(where: { $0 != 0 }) else { return false }
        let epoch = CookieJar.epoch(at: now)
        return [epoch, epoch - 1].contains { epoch in
            let cookie = cookie(for: endpoint, epoch: epoch)
            return Primitives.areEqual(InitiationLayout.mac2(bytes, cookie: cookie), sent)
        }
    }
}
