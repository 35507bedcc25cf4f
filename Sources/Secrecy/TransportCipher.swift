import Basics
import Crypto
import Wire

/// What seals the datagrams of one direction of a session.
enum TransportCipher: Sendable {
    case noise(SymmetricKey)
    case standIn(UInt64)

    /// The header, the sealed messages and their tag; the header is authenticated with them.
    func seal(_ messages: [UInt8], header: [UInt8], counter: UInt64) -> [UInt8]? {
        var datagram: [UInt8] = []
        datagram.reserveCapacity(header.count + messages.count + Envelope.tagSize)
        datagram += header
        switch self {
        case .noise(let key):
            guard let nonce = Primitives.nonce(counter),
                let box = try? ChaChaPoly.seal(
                    messages,
                    using: key,
                    nonce: nonce,
                    authenticating: header
                )
            else { return nil }
            datagram += box.ciphertext
            datagram += box.tag
        case .standIn(let seed):
            datagram += messages
            datagram += Checksum.tag(
                datagram.withUnsafeBytes { Checksum.of($0, seed: seed &+ counter) }
            )
        }
        return datagram
    }

    /// The messages in a datagram that begins with a header; nil when the tag does not match.
    func open(_ datagram: Bytes, counter: UInt64) -> Bytes? {
        let start = Envelope.transportHeaderSize
        let end = datagram.count - Envelope.tagSize
        guard end >= start else { return nil }
        switch self {
        case .noise(let key):
            guard let nonce = Primitives.nonce(counter),
                let box = try? ChaChaPoly.SealedBox(
                    nonce: nonce,
                    ciphertext: datagram.slice(start, end).storageSlice,
                    tag: datagram.suffix(from: end).storageSlice
                ),
                let messages = try? ChaChaPoly.open(
                    box,
                    using: key,
                    authenticating: datagram.slice(0, start).storageSlice
                )
            else { return nil }
            return Bytes(Array(messages))
        case .standIn(let seed):
            let sum = datagram.withUnsafeBytes {
                Checksum.of(UnsafeRawBufferPointer(rebasing: $0[..<end]), seed: seed &+ counter)
            }
            guard datagram.suffix(from: end).storageSlice.elementsEqual(Checksum.tag(sum)) else {
                return nil
            }
            return datagram.slice(start, end)
        }
    }
}
