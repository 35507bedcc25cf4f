import Basics
import CFFmpeg

/// Finds the newest key frame in a transport stream, and the rate of its pictures, without decoding.
///
/// Bounded: one key frame of at most 4 MiB under way, one that is complete, 64 timestamps.
struct KeyFrameCollector {
    /// A coded picture that needs no other.
    struct KeyFrame {
        /// Its codec.
        let codec: AVCodecID
        /// The elementary stream's bytes, without the PES header.
        let bytes: [UInt8]
        /// Counts the key frames of a stream from 1.
        let number: Int
    }

    /// The largest key frame that is kept: 4 s of the fastest stream that is meant, 8 Mbit/s.
    static let lengthMax = 4 << 20
    /// So many timestamps are looked at for the rate: more than a group of pictures is reordered.
    static let timesMax = 64

    private var program = TransportProgram()
    private var sync = TransportSync()
    private var pending: [UInt8]?
    private var times: [Int64] = []
    private var count = 0

    /// The newest complete key frame.
    private(set) var newest: KeyFrame?
    /// Pictures per second; nil before enough of them came.
    private(set) var rate: Double?

    /// Takes bytes of the stream as they come.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        let packets = sync.append(bytes)
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            program.observe(packet, in: packets, at: start)
            take(packet, packets, start)
        }
    }

    private mutating func take(_ packet: TransportPacket, _ bytes: [UInt8], _ start: Int) {
        guard let video, packet.pid == video.pid, !packet.isScrambled,
            let offset = packet.payloadOffset
        else { return }
        let payload = bytes[start + offset..<start + TransportStream.packetLength]
        if packet.startsUnit {
            finish(video.codec)
            begin(payload, video.codec, isMarked: packet.isRandomAccess)
        } else if let length = pending?.count {
            // A picture that is too large is left out as a whole.
            if length + payload.count > KeyFrameCollector.lengthMax {
                pending = nil
            } else {
                pending? += payload
            }
        }
    }

    /// Starts to collect when the unit is a key frame.
    private mutating func begin(_ payload: ArraySlice<UInt8>, _ codec: AVCodecID, isMarked: Bool) {
        let head = Array(payload)
        // PES: start code, stream, length, two bytes of flags, the header's length (ISO/IEC 13818-1, 2.4.3.6).
        guard head.count >= 9, head[0] == 0, head[1] == 0, head[2] == 1 else { return }
        let body = 9 + Int(head[8])
        if head[7] & 0x80 != 0, head.count >= 14 { note(TransportTime.timestamp(head, at: 9)) }
        guard body <= head.count else { return }
        if isMarked || CodedPicture.isKey(head[body...], codec) { pending = Array(head[body...]) }
    }

    private mutating func finish(_ codec: AVCodecID) {
        guard let bytes = pending, !bytes.isEmpty else { return }
        pending = nil
        count += 1
        newest = KeyFrame(codec: codec, bytes: bytes, number: count)
    }

    /// Takes a presentation time; the commonest step between neighbours gives the rate.
    private mutating func note(_ time: Int64) {
        times.append(time)
        guard times.count >= KeyFrameCollector.timesMax else { return }
        let first = times[0]
        let ordered = times.map { TransportTime.distance(from: first, to: $0) }.sorted()
        let steps = zip(ordered.dropFirst(), ordered).map { $0 - $1 }.filter { $0 > 0 }.sorted()
        times.removeAll(keepingCapacity: true)
        guard !steps.isEmpty else { return }
        let middle = Double(steps[steps.count / 2])
        rate = 90_000 / middle
    }

    private var video: (pid: Int, codec: AVCodecID)? {
        for stream in program.streams {
            if let codec = CodedPicture.codec(ofType: stream.type) { return (stream.pid, codec) }
        }
        return nil
    }
}
