import CFFmpeg

/// What a decoder must know of a track before its first unit.
struct TrackFormat: Equatable {
    /// Whether it is picture or sound, with its measures.
    enum Measures: Equatable {
        /// A picture's width and height in pixels.
        case picture(width: Int, height: Int)
        /// Sound's samples per second and its channels.
        case sound(rate: Int, channels: Int)
    }

    /// The codec.
    var codec: AVCodecID
    /// Its measures.
    var measures: Measures
    /// Parameter sets in Annex B form, or an `AudioSpecificConfig`.
    var extradata: [UInt8]

    /// The codec as RFC 6381 names it, such as `avc1.64001F` or `mp4a.40.2`.
    ///
    /// Nil when the parameters are too short to tell.
    var mimeCodec: String? {
        switch codec {
        case AV_CODEC_ID_H264: return TrackFormat.h264(extradata)
        case AV_CODEC_ID_HEVC: return TrackFormat.hevc(extradata)
        case AV_CODEC_ID_AAC: return extradata.first.map { "mp4a.40.\($0 >> 3)" }
        case AV_CODEC_ID_MP3: return "mp4a.6B"
        default: return nil
        }
    }

    /// Writes it into libav's form; false without memory.
    func fill(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> Bool {
        parameters.pointee.codec_id = codec
        switch measures {
        case .picture(let width, let height):
            parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
            parameters.pointee.width = Int32(clamping: width)
            parameters.pointee.height = Int32(clamping: height)
        case .sound(let rate, let channels):
            parameters.pointee.codec_type = AVMEDIA_TYPE_AUDIO
            parameters.pointee.sample_rate = Int32(clamping: rate)
            parameters.pointee.frame_size = codec == AV_CODEC_ID_AAC ? 1_024 : 1_152
            av_channel_layout_default(&parameters.pointee.ch_layout, Int32(clamping: channels))
        }
        // Apple's players want the parameter sets in the header only: `hvc1`, not `hev1`.
        if codec == AV_CODEC_ID_HEVC { parameters.pointee.codec_tag = 0x3163_7668 }
        guard !extradata.isEmpty else { return true }
        let room = extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)
        guard let memory = av_mallocz(room) else { return false }
        extradata.withUnsafeBytes {
            memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count)
        }
        parameters.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        parameters.pointee.extradata_size = Int32(clamping: extradata.count)
        return true
    }

    /// Profile, constraints and level are the three bytes after the header of the SPS.
    private static func h264(_ extradata: [UInt8]) -> String? {
        guard
            let set = AnnexB.units(extradata).first(where: { extradata[$0.lowerBound] & 0x1F == 7 }
            ),
            set.count >= 4
        else { return nil }
        return "avc1." + extradata[set].dropFirst().prefix(3).map(hex).joined()
    }

    /// The profile, tier and level of the SPS (ISO/IEC 14496-15, annex E.3).
    private static func hevc(_ extradata: [UInt8]) -> String? {
        let sets = AnnexB.units(extradata)
        guard let set = sets.first(where: { extradata[$0.lowerBound] >> 1 & 0x3F == 33 }) else {
            return nil
        }
        let body = AnnexB.withoutEmulation(extradata[set]).dropFirst(3).prefix(12)
        guard body.count == 12 else { return nil }
        let bytes = Array(body)
        let space = ["", "A", "B", "C"][Int(bytes[0] >> 6)]
        let compatibility = bytes[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var reversed: UInt32 = 0
        for bit in 0..<32 where compatibility & 1 << bit != 0 { reversed |= 1 << (31 - bit) }
        let tier = bytes[0] & 0x20 == 0 ? "L" : "H"
        var constraints = Array(bytes[5...10])
        while constraints.last == 0 { constraints.removeLast() }
        let parts =
            [
                "hvc1", space + String(bytes[0] & 0x1F),
                String(reversed, radix: 16, uppercase: true), tier + String(bytes[11]),
            ] + constraints.map { String($0, radix: 16, uppercase: true) }
        return parts.joined(separator: ".")
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}

/// The byte stream form of H.264 and HEVC: units behind start codes (Annex B of both).
enum AnnexB {
    /// Where the units are, without start codes; each has at least one byte.
    static func units(_ bytes: [UInt8]) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var begin: Int?
        var place = 0
        bytes.withUnsafeBufferPointer { bytes in
            while place + 2 < bytes.count {
                guard bytes[place] == 0, bytes[place + 1] == 0, bytes[place + 2] == 1 else {
                    // A byte above 1 rules out a start code up to itself.
                    place += bytes[place + 2] > 1 ? 3 : 1
                    continue
                }
                append(begin, place, bytes, &units)
                begin = place + 3
                place += 3
            }
            append(begin, bytes.count, bytes, &units)
        }
        return units
    }

    /// A unit without the bytes that keep start codes from appearing in it.
    static func withoutEmulation(_ unit: ArraySlice<UInt8>) -> [UInt8] {
        var zeros = 0
        var result: [UInt8] = []
        for byte in unit.prefix(64) {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            result.append(byte)
        }
        return result
    }

    private static func append(
        _ begin: Int?,
        _ end: Int,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ units: inout [Range<Int>]
    ) {
        guard let begin else { return }
        var end = end
        // Zeros before a start code belong to no unit.
        while end > begin, bytes[end - 1] == 0 { end -= 1 }
        if end > begin { units.append(begin..<end) }
    }
}
