import Basics
import Crypto
import Wire

/// Where the fields of an initiation are, and how its two MACs are made.
///
///     0      kind and service
///     1      sender index u32
///     5      Noise IK message 1, 362 bytes, around: timestamp i64 · length u16 · payload, padded to 256
///     367    zeros
///     1168   mac1 16 under a key derived from the responder's static key
///     1184   mac2 16 under a cookie; zeros without one
enum InitiationLayout {
    static let noiseStart = 5
    static let payloadMax = 256
    /// Ephemeral key, sealed static key, sealed payload.
    static let noiseEnd =
        noiseStart + 2 * Primitives.keySize + Primitives.tagSize
        + (8 + 2 + payloadMax) + Primitives.tagSize
    static let mac1Start = Envelope.initiationSize - 2 * Primitives.tagSize
    static let mac2Start = Envelope.initiationSize - Primitives.tagSize

    static func isInitiation(_ datagram: Bytes) -> Bool {
        datagram.count == Envelope.initiationSize
            && Envelope.parse(firstByte: datagram[0])?.kind == .initiation
    }

    /// Whether it is an initiation with nothing hidden in its padding.
    static func isSound(_ datagram: Bytes) -> Bool {
        isInitiation(datagram)
            && datagram.slice(noiseEnd, mac1Start).storageSlice.allSatisfy { $0 == 0 }
    }

    /// The key of mac1 (SECURITY.md, section 2.3).
    static func mac1Key(responder: [UInt8], _ suite: Suite) -> MacKey {
        switch suite {
        case .noise: .hmac(Primitives.derivedKey("mac1", from: responder))
        case .standIn: MacKey(responder, suite)
        }
    }

    static func mac1(_ datagram: ArraySlice<UInt8>, key: MacKey) -> [UInt8] {
        key.mac(of: datagram.prefix(mac1Start))
    }

    static func mac2(_ datagram: ArraySlice<UInt8>, cookie: [UInt8]) -> [UInt8] {
        Primitives.mac(datagram.prefix(mac2Start), key: SymmetricKey(data: cookie))
    }

    /// What message 1 seals.
    static func content(timestamp: Int64, payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 10 + payloadMax)
        writer.i64(timestamp)
        writer.u16(UInt16(truncatingIfNeeded: payload.count))
        writer.raw(payload)
        writer.raw(repeatElement(0, count: payloadMax - payload.count))
        return writer.bytes
    }

    static func parse(content: [UInt8]) -> (timestamp: Int64, payload: Bytes)? {
        var reader = ByteReader(Bytes(content))
        guard let timestamp = try? reader.i64(), let length = try? reader.u16(),
            Int(length) <= payloadMax, let payload = try? reader.take(Int(length))
        else { return nil }
        return (timestamp, payload)
    }
}
