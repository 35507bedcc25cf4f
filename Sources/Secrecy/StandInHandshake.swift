/// The message flow of Noise IK without its cryptography: same sizes, static key in clear,
/// checksums in place of tags.
struct StandInHandshake: Sendable {
    private var transcript: UInt64
    private let localKey: [UInt8]
    private let ephemeral: [UInt8]
    private(set) var remoteKey: [UInt8]?
    private var step = 0

    init(side: HandshakeSide, localKey: [UInt8], ephemeral: [UInt8], remoteKey: [UInt8]?) {
        self.localKey = localKey
        self.ephemeral = ephemeral
        self.remoteKey = remoteKey
        switch side {
        case .initiator: transcript = Checksum.of(remoteKey ?? [], seed: 1)
        case .responder: transcript = Checksum.of(localKey, seed: 1)
        }
    }

    mutating func mix(_ bytes: [UInt8]) { transcript = Checksum.of(bytes, seed: transcript) }

    mutating func write(_ payload: [UInt8]) -> [UInt8] {
        defer { step += 1 }
        mix(ephemeral)
        return step == 0
            ? ephemeral + sealed(localKey) + sealed(payload) : ephemeral + sealed(payload)
    }

    mutating func read(_ message: [UInt8]) throws(SecrecyError) -> [UInt8] {
        defer { step += 1 }
        let keySize = Primitives.keySize
        guard message.count >= keySize else { throw .malformed }
        mix(Array(message[..<keySize]))
        guard step == 0 else { return try opened(message[keySize...]) }
        let end = 2 * keySize + Primitives.tagSize
        guard message.count >= end else { throw .malformed }
        remoteKey = try opened(message[keySize..<end])
        return try opened(message[end...])
    }

    /// The seeds of the checksums in the initiator's and in the responder's direction.
    func split() -> (initiator: UInt64, responder: UInt64) {
        (Checksum.mixed(transcript ^ 1), Checksum.mixed(transcript ^ 2))
    }

    private mutating func sealed(_ plaintext: [UInt8]) -> [UInt8] {
        mix(plaintext)
        return plaintext + Checksum.tag(transcript)
    }

    private mutating func opened(_ bytes: ArraySlice<UInt8>) throws(SecrecyError) -> [UInt8] {
        guard bytes.count >= Primitives.tagSize else { throw .malformed }
        let plaintext = Array(bytes.dropLast(Primitives.tagSize))
        mix(plaintext)
        guard bytes.suffix(Primitives.tagSize).elementsEqual(Checksum.tag(transcript)) else {
            throw .forged
        }
        return plaintext
    }
}
