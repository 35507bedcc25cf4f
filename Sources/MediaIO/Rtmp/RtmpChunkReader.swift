/// Puts RTMP messages together from the chunks of a connection (Adobe, RTMP, section 5.3).
///
/// Nothing is allocated by a claimed length: memory follows the bytes that came, up to the bounds.
struct RtmpChunkReader {
    /// What a connection must be closed for.
    enum Violation: Error, Equatable {
        /// A chunk continues what was never begun.
        case orphan
        /// A message, or all unfinished ones together, are larger than any picture.
        case tooLarge
        /// More chunk streams than any encoder has.
        case tooManyStreams
        /// A chunk size of zero or beyond the longest message.
        case badChunkSize
    }

    private struct Stream {
        var timestamp: UInt32 = 0
        var delta: UInt32 = 0
        var length = 0
        var type: UInt8 = 0
        var number: UInt32 = 0
        var isExtended = false
        var payload: [UInt8] = []
    }

    /// A key picture at 100 Mbit/s and one picture per second would be 12 MB.
    private static let lengthMax = 8 << 20
    private static let pendingMax = 16 << 20
    private static let streamCountMax = 64

    private var input: [UInt8] = []
    private var streams: [Int: Stream] = [:]
    private var pending = 0
    private var chunkSize = 128

    /// Takes bytes as they came and returns the messages that they complete.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws(Violation) -> [RtmpMessage] {
        input += bytes
        var messages: [RtmpMessage] = []
        var offset = 0
        while let (length, message) = try readChunk(at: offset) {
            offset += length
            guard let message else { continue }
            try obey(message)
            messages.append(message)
        }
        input.removeFirst(offset)
        return messages
    }

    /// Carries out the two messages that change how chunks are read.
    private mutating func obey(_ message: RtmpMessage) throws(Violation) {
        guard message.payload.count >= 4 else { return }
        let value = message.payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        if message.type == RtmpMessage.Kind.setChunkSize {
            guard (1...0xFF_FFFF).contains(value) else { throw .badChunkSize }
            chunkSize = value
        } else if message.type == RtmpMessage.Kind.abort {
            pending -= streams[value]?.payload.count ?? 0
            streams[value]?.payload = []
        }
    }

    /// Reads the chunk at an offset: its length, and the message that it completes, if any; nil when
    /// it is not whole yet.
    private mutating func readChunk(
        at start: Int
    ) throws(Violation) -> (length: Int, message: RtmpMessage?)? {
        guard let (format, number, basic) = basicHeader(at: start) else { return nil }
        let fieldLength = [11, 7, 3, 0][format]
        var at = start + basic
        guard at + fieldLength <= input.count else { return nil }
        guard var stream = streams[number] ?? (format == 0 ? Stream() : nil) else {
            throw .orphan
        }
        guard streams[number] != nil || streams.count < RtmpChunkReader.streamCountMax else {
            throw .tooManyStreams
        }
        var time = stream.delta
        if format < 3 {
            time = UInt32(integer(at, 3))
            stream.isExtended = time == 0xFF_FFFF
        }
        if format < 2 {
            // A new header while a message is unfinished drops that message.
            stream.length = integer(at + 3, 3)
            stream.type = input[at + 6]
        }
        if format == 0 {
            stream.number = (7...10).reversed().reduce(0) { $0 << 8 | UInt32(input[at + $1]) }
        }
        at += fieldLength
        if stream.isExtended {
            guard at + 4 <= input.count else { return nil }
            time = UInt32(truncatingIfNeeded: integer(at, 4))
            at += 4
        }
        let isFresh = format < 3 || stream.payload.isEmpty
        let kept = format < 3 ? 0 : stream.payload.count
        guard stream.length <= RtmpChunkReader.lengthMax else { throw .tooLarge }
        let count = min(chunkSize, max(0, stream.length - kept))
        guard at + count <= input.count else { return nil }
        if isFresh {
            pending -= stream.payload.count
            stream.payload = []
            stream.delta = time
            stream.timestamp = format == 0 ? time : stream.timestamp &+ time
        }
        stream.payload += input[at..<at + count]
        pending += count
        guard pending <= RtmpChunkReader.pendingMax else { throw .tooLarge }
        return (at + count - start, finish(stream, number))
    }

    /// Stores a chunk stream; the message when it is whole.
    private mutating func finish(_ stream: Stream, _ number: Int) -> RtmpMessage? {
        var stream = stream
        defer { streams[number] = stream }
        guard stream.payload.count >= stream.length else { return nil }
        pending -= stream.payload.count
        let message = RtmpMessage(
            type: stream.type,
            timestamp: stream.timestamp,
            stream: stream.number,
            payload: stream.payload
        )
        stream.payload = []
        return message
    }

    /// Format, chunk stream and length of a basic header; nil when it is not whole.
    private func basicHeader(at start: Int) -> (format: Int, number: Int, length: Int)? {
        guard start < input.count else { return nil }
        let (format, short) = (Int(input[start] >> 6), Int(input[start] & 0x3F))
        switch short {
        case 0:
            guard start + 2 <= input.count else { return nil }
            return (format, 64 + Int(input[start + 1]), 2)
        case 1:
            guard start + 3 <= input.count else { return nil }
            return (format, 64 + Int(input[start + 1]) + Int(input[start + 2]) << 8, 3)
        default: return (format, short, 1)
        }
    }

    private func integer(_ at: Int, _ count: Int) -> Int {
        input[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
    }
}
