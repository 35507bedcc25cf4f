/// One message of RTMP (Adobe, "Real-Time Messaging Protocol", section 5.4).
struct RtmpMessage: Equatable {
    /// The types that matter here.
    enum Kind {
        static let setChunkSize: UInt8 = 1
        static let abort: UInt8 = 2
        static let acknowledgement: UInt8 = 3
        static let userControl: UInt8 = 4
        static let windowSize: UInt8 = 5
        static let peerBandwidth: UInt8 = 6
        static let audio: UInt8 = 8
        static let video: UInt8 = 9
        static let metadataAmf3: UInt8 = 15
        static let commandAmf3: UInt8 = 17
        static let metadata: UInt8 = 18
        static let command: UInt8 = 20
    }

    /// Its type.
    var type: UInt8
    /// Milliseconds, modulo 2^32.
    var timestamp: UInt32 = 0
    /// The message stream: 0 for control, 1 for what is published.
    var stream: UInt32 = 0
    /// What it holds.
    var payload: [UInt8]

    /// The message in chunks of at most so many bytes, on a chunk stream of 2 to 63.
    func chunked(on chunkStream: UInt8, size: Int) -> [UInt8] {
        let time = UInt64(min(timestamp, 0xFF_FFFF))
        var output: [UInt8] = [chunkStream]
        output += AmfValue.bigEndian(time, bytes: 3)
        output += AmfValue.bigEndian(UInt64(payload.count), bytes: 3)
        output.append(type)
        // The stream's number is the one field in little-endian order.
        output += AmfValue.bigEndian(UInt64(stream), bytes: 4).reversed()
        let extended =
            timestamp >= 0xFF_FFFF ? AmfValue.bigEndian(UInt64(timestamp), bytes: 4) : []
        output += extended
        for start in stride(from: 0, to: payload.count, by: size) {
            if start > 0 { output += [0xC0 | chunkStream] + extended }
            output += payload[start..<min(payload.count, start + size)]
        }
        return output
    }
}
