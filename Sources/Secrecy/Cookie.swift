public import Basics
import Crypto
import Wire

/// The reply that asks an initiator under load to prove its address.
///
///     0    kind and service
///     1    receiver index u32
///     5    nonce 12
///     17   sealed cookie 32, under a key derived from the responder's static key; the initiation's
///          mac1 is the associated data
///
/// 49 bytes for 1,200: it amplifies nothing.
public enum Cookie {
    /// Bytes of a reply.
    public static let replySize = 49

    /// The cookie in a reply to the initiation with that mac1; nil when it is forged or answers
    /// another one.
    public static func open(
        _ reply: Bytes,
        sentMac1: [UInt8],
        responderKey: [UInt8]
    ) -> [UInt8]? {
        guard receiverIndex(of: reply) != nil,
            let nonce = try? ChaChaPoly.Nonce(data: reply.slice(5, 17).storageSlice),
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce,
                ciphertext: reply.slice(17, 33).storageSlice,
                tag: reply.suffix(from: 33).storageSlice
            ),
            let cookie = try? ChaChaPoly.open(
                box,
                using: key(of: responderKey),
                authenticating: sentMac1
            )
        else { return nil }
        return Array(cookie)
    }

    /// The receiver index of a reply, by which its initiation is found; nil when it is none.
    public static func receiverIndex(of reply: Bytes) -> UInt32? {
        guard reply.count == replySize, Envelope.parse(firstByte: reply[0])?.kind == .cookie else {
            return nil
        }
        var reader = ByteReader(reply.suffix(from: 1))
        return try? reader.u32()
    }

    static func key(of responderKey: [UInt8]) -> SymmetricKey {
        Primitives.derivedKey("cookie", from: responderKey)
    }

    /// A reply to an initiation.
    static func reply(
        _ cookie: [UInt8],
        to initiation: Bytes,
        nonce: [UInt8],
        key: SymmetricKey
    ) -> [UInt8]? {
        let mac1 = initiation.slice(InitiationLayout.mac1Start, InitiationLayout.mac2Start)
        guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
            let box = try? ChaChaPoly.seal(
                cookie,
                using: key,
                nonce: nonce,
                authenticating: mac1.storageSlice
            )
        else { return nil }
        var writer = ByteWriter(capacity: replySize)
        writer.u8(Envelope.firstByte(.cookie, .peer))
        writer.raw(initiation.slice(1, 5))
        writer.raw(box.combined)
        return writer.bytes
    }
}
