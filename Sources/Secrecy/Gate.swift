public import Basics
import Crypto
import Wire

/// What stands before the handshake: refuses initiations at the price of a MAC.
///
/// No agreement is computed and nothing is remembered of a sender before it has shown that it knows
/// our public key (mac1) and, under load, that it receives at its address (cookie).
public struct Gate: Sendable {
    /// What to do with an initiation.
    public enum Verdict: Sendable, Equatable {
        /// Nothing; answer nothing.
        case drop
        /// Send this reply back, nothing else.
        case cookie([UInt8])
        /// Go on with the handshake.
        case proceed
    }

    /// Above this many initiations with a good mac1 per second, addresses must be proved.
    public static let rateMax = 50
    /// Under load, initiations per second and address.
    public static let addressRate = 20
    /// Under load, initiations at once per address.
    public static let addressBurst = 5
    /// How many addresses are remembered.
    public static let addressesMax = 4_096

    private let mac1Key: MacKey
    private let cookieKey: SymmetricKey
    private let jar: CookieJar
    private var nonces: Entropy
    private var load = LoadMeter()
    private var buckets = LeastRecentTable<AddressKey, TokenBucket>(capacity: addressesMax)

    /// Makes the gate of the holder of a static key; the secret is 32 random bytes of its own.
    public init(publicKey: [UInt8], secret: [UInt8], suite: Suite = .noise) {
        mac1Key = InitiationLayout.mac1Key(responder: publicKey, suite)
        cookieKey = Cookie.key(of: publicKey)
        var entropy = Entropy(secret: secret)
        jar = CookieJar(secret: entropy.bytes(Primitives.keySize))
        nonces = Entropy(secret: entropy.bytes(Primitives.keySize))
    }

    /// Decides on a datagram of kind `initiation`.
    public mutating func check(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant
    ) -> Verdict {
        guard InitiationLayout.isInitiation(datagram) else { return .drop }
        let sent = datagram.slice(InitiationLayout.mac1Start, InitiationLayout.mac2Start)
        let expected = InitiationLayout.mac1(datagram.storageSlice, key: mac1Key)
        guard Primitives.areEqual(expected, sent.storageSlice) else { return .drop }
        guard load.count(at: now) > Gate.rateMax else { return .proceed }
        guard jar.isValid(datagram, from: endpoint, at: now) else {
            return cookieReply(datagram, to: endpoint, at: now)
        }
        let isWithinRate = buckets.update(
            AddressKey(endpoint),
            initial: TokenBucket(at: now)
        ) { $0.take(at: now) }
        return isWithinRate ? .proceed : .drop
    }

    /// How many addresses are remembered now.
    public var addressCount: Int { buckets.count }

    private mutating func cookieReply(
        _ datagram: Bytes,
        to endpoint: Endpoint,
        at now: Instant
    ) -> Verdict {
        let cookie = jar.cookie(for: endpoint, epoch: CookieJar.epoch(at: now))
        let nonce = nonces.bytes(CookieJar.nonceSize)
        let reply = Cookie.reply(cookie, to: datagram, nonce: nonce, key: cookieKey)
        return reply.map(Verdict.cookie) ?? .drop
    }
}
