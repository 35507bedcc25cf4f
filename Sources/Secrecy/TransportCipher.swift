import Basics
import Crypto
import Wire

/// What seals the datagrams of one direction of a session.
enum TransportCipher: Sendable {
    case noise(SymmetricKey)
    case standIn(UInt64)

    /// A datagram: the header, the sealed messages, and the tag over both.
    func seal(
        _ messages: [UInt8],
        _ body: Bytes,
        _ header: TransportHeader,
        counter: UInt64
    ) -> [UInt8]? {
        switch self {
        case .noise(let key):
            TransportCipher.encrypt(messages, body, header, key, Primitives.nonce(counter))
        case .standIn(let seed):
            TransportCipher.sum(messages, body, header, seed: seed &+ counter)
        }
    }

    private static func encrypt(
        _ messages: [UInt8],
        _ body: Bytes,
        _ header: TransportHeader,
        _ key: SymmetricKey,
        _ nonce: ChaChaPoly.Nonce?
    ) -> [UInt8]? {
        let head = header.bytes
        var plain = messages
        if !body.isEmpty {
            plain.reserveCapacity(messages.count + body.count)
            plain += body.storageSlice
        }
        guard let nonce,
            let box = try? ChaChaPoly.seal(plain, using: key, nonce: nonce, authenticating: head)
        else { return nil }
        var datagram: [UInt8] = []
        datagram.reserveCapacity(head.count + plain.count + Envelope.tagSize)
        datagram += head
        datagram += box.ciphertext
        datagram += box.tag
        return datagram
    }

    /// The stand-in: everything in clear, and a checksum where the tag would be.
    private static func sum(
        _ messages: [UInt8],
        _ body: Bytes,
        _ header: TransportHeader,
        seed: UInt64
    ) -> [UInt8] {
        let start = Envelope.transportHeaderSize
        let middle = start + messages.count
        let end = middle + body.count
        return [UInt8](unsafeUninitializedCapacity: end + Envelope.tagSize) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            header.write(to: raw)
            messages.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: raw[start..<middle]).copyMemory(from: $0)
            }
            body.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: raw[middle..<end]).copyMemory(from: $0)
            }
            let sum = Checksum.of(UnsafeRawBufferPointer(rebasing: raw[..<end]), seed: seed)
            raw.storeBytes(of: sum.littleEndian, toByteOffset: end, as: UInt64.self)
            raw.storeBytes(
                of: Checksum.second(sum).littleEndian,
                toByteOffset: end + 8,
                as: UInt64.self
            )
            count = end + Envelope.tagSize
        }
    }

    /// The stand-in around a body that stays where it is: only what is written here is summed up, for
    /// nobody can change the body without making another datagram.
    ///
    /// Nil with real cryptography.
    func seal(
        around body: Bytes,
        _ messages: [UInt8],
        _ header: TransportHeader,
        counter: UInt64
    ) -> Datagram? {
        guard case .standIn(let seed) = self else { return nil }
        let start = Envelope.transportHeaderSize
        let end = start + messages.count
        let size = end + Envelope.tagSize
        let head = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            header.write(to: raw)
            messages.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: raw[start..<end]).copyMemory(from: $0)
            }
            let sum = Checksum.of(
                UnsafeRawBufferPointer(rebasing: raw[..<end]),
                seed: seed &+ counter ^ UInt64(body.count) << 32
            )
            raw.storeBytes(of: sum.littleEndian, toByteOffset: end, as: UInt64.self)
            raw.storeBytes(
                of: Checksum.second(sum).littleEndian,
                toByteOffset: end + 8,
                as: UInt64.self
            )
            count = size
        }
        return Datagram(head: head, body: body, tail: Envelope.tagSize)
    }

    /// The messages before a body that is apart; nil when the tag does not match.
    func open(around datagram: Datagram, counter: UInt64) -> Bytes? {
        guard case .standIn(let seed) = self else { return nil }
        let start = Envelope.transportHeaderSize
        let end = datagram.head.count - Envelope.tagSize
        guard end >= start else { return nil }
        let isGood = datagram.head.withUnsafeBytes { bytes in
            let sum = Checksum.of(
                UnsafeRawBufferPointer(rebasing: bytes[..<end]),
                seed: seed &+ counter ^ UInt64(datagram.body.count) << 32
            )
            return bytes.littleEndian(at: end) == sum
                && bytes.littleEndian(at: end + 8) == Checksum.second(sum)
        }
        return isGood ? datagram.head.slice(start, end) : nil
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
