import Wire

/// What stands before the sealed messages of a transport datagram: kind and service, the receiver's
/// index, the counter.
struct TransportHeader {
    var firstByte: UInt8
    var index: UInt32
    var counter: UInt32

    /// The header's bytes, to be authenticated with the messages.
    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Envelope.transportHeaderSize) { buffer, count in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            count = Envelope.transportHeaderSize
        }
    }

    /// Writes the header to the start of a buffer that has room for it.
    func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer[0] = firstByte
        buffer.storeBytes(of: index.bigEndian, toByteOffset: 1, as: UInt32.self)
        buffer.storeBytes(of: counter.bigEndian, toByteOffset: 5, as: UInt32.self)
    }
}
