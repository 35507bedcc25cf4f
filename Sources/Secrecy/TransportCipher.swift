import Basics
import Crypto
import Wire

/// What seals the datagrams of one direction of a session.
enum TransportCipher: Sendable {
    case noise(SymmetricKey)
    case standIn(UInt64)

    /// Appends the sealed messages and their tag to a header, which is authenticated with them.
    func seal(_ messages: [UInt8], counter: UInt64, into datagram: inout [UInt8]) -> Bool {
        switch self {
        case .noise(let key):
            guard let nonce = Primitives.nonce(counter),
                let box = try? ChaChaPoly.seal(
                    messages,
                    using: key,
                    nonce: nonce,
                    authenticating: datagram
                )
            else { return false }
            datagram += box.ciphertext
            datagram += box.tag
        case .standIn(let seed):
            datagram += messages
            let sum = datagram.withUnsafeBytes { Checksum.of($0, seed: seed &+ counter) }
            datagram.append(littleEndian: sum)
            datagram.append(littleEndian: Checksum.second(sum))
        }
        return true
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
            let isGood = datagram.withUnsafeBytes { bytes in
                let sealed = UnsafeRawBufferPointer(rebasing: bytes[..<end])
                let sum = Checksum.of(sealed, seed: seed &+ counter)
                return bytes.littleEndian(at: end) == sum
                    && bytes.littleEndian(at: end + 8) == Checksum.second(sum)
            }
            return isGood ? datagram.slice(start, end) : nil
        }
    }
}

extension [UInt8] {
    /// Appends eight bytes, least significant first, without a detour over an array.
    mutating func append(littleEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends four bytes, most significant first.
    mutating func append(bigEndian value: UInt32) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The eight bytes from an offset on, least significant first; they must be there.
    fileprivate func littleEndian(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
