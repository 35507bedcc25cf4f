import CFFmpeg

/// One coded picture or sound frame on its way into a movie.
struct TrackUnit {
    /// The coded bytes: Annex B, or a raw frame.
    var bytes: [UInt8]
    /// When it is shown, 90 kHz in 33 bits.
    var presentation: Int64
    /// When it is decoded.
    var decoding: Int64
    /// How long it lasts, 90 kHz.
    var duration: Int64
    /// Whether decoding can start with it.
    var isKey: Bool
    /// What a decoder needs from here on; nil as long as that is unknown.
    var format: TrackFormat?
}

/// Cuts the PES packets of one elementary stream into coded pictures or sound frames.
///
/// libavcodec's parsers find the frames; nothing is decoded.
final class TrackParser {
    /// How long a frame is taken to last before anything tells: 1/25 s.
    private static let durationDefault: Int64 = 3_600

    /// The codec.
    let codec: AVCodecID
    private let parser: UnsafeMutablePointer<AVCodecParserContext>
    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var converter: UnsafeMutablePointer<AVBSFContext>?
    private var format: TrackFormat?
    private var last: (decoding: Int64, duration: Int64)?
    /// Where a run of sound frames began and how many samples came since.
    private var run: (start: Int64, samples: Int64)?

    /// Makes a parser; nil when libavcodec has none for the codec.
    init?(_ codec: AVCodecID) {
        guard let parser = av_parser_init(Int32(bitPattern: codec.rawValue)),
            let context = avcodec_alloc_context3(nil)
        else { return nil }
        self.codec = codec
        self.parser = parser
        self.context = context
        context.pointee.codec_id = codec
        if isPicture {
            context.pointee.codec_type = AVMEDIA_TYPE_VIDEO
            parser.pointee.flags |= PARSER_FLAG_COMPLETE_FRAMES
        } else {
            context.pointee.codec_type = AVMEDIA_TYPE_AUDIO
        }
    }

    deinit {
        av_parser_close(parser)
        avcodec_free_context(&context)
        av_bsf_free(&converter)
    }

    /// Whether the stream is a picture's.
    var isPicture: Bool { codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC }

    /// The frames of a PES packet, in decoding order; those without any known time are left out.
    func parse(_ unit: PesUnit) -> [TrackUnit] {
        isPicture ? parsePicture(unit) : parseSound(unit)
    }

    // MARK: Pictures

    /// One PES packet is one picture, as broadcast and every common muxer have it.
    private func parsePicture(_ unit: PesUnit) -> [TrackUnit] {
        guard let presentation = unit.presentation, let decoding = unit.decoding else { return [] }
        feed(unit.payload)
        let isKey = parser.pointee.key_frame == 1
        if isKey, let found = pictureFormat(unit.payload) { format = found }
        let duration = self.duration(from: decoding, to: unit.following)
        last = (decoding, duration)
        return [
            TrackUnit(
                bytes: unit.payload,
                presentation: presentation,
                decoding: decoding,
                duration: duration,
                isKey: isKey,
                format: format
            )
        ]
    }

    /// Tells the parser of a whole picture.
    private func feed(_ payload: [UInt8]) {
        var output: UnsafeMutablePointer<UInt8>?
        var size: Int32 = 0
        let padded = payload + [UInt8](repeating: 0, count: Int(AV_INPUT_BUFFER_PADDING_SIZE))
        padded.withUnsafeBufferPointer { buffer in
            _ = av_parser_parse2(
                parser,
                context,
                &output,
                &size,
                buffer.baseAddress,
                Int32(clamping: payload.count),
                candela_av_no_time,
                candela_av_no_time,
                0
            )
        }
    }

    private func pictureFormat(_ payload: [UInt8]) -> TrackFormat? {
        let isH264 = codec == AV_CODEC_ID_H264
        let kinds: [UInt8] = isH264 ? [7, 8] : [32, 33, 34]
        var sets: [UInt8] = []
        var seen: Set<UInt8> = []
        for range in AnnexB.units(payload) {
            let first = payload[range.lowerBound]
            let kind = isH264 ? first & 0x1F : first >> 1 & 0x3F
            guard kinds.contains(kind) else { continue }
            seen.insert(kind)
            sets += [0, 0, 0, 1] + payload[range]
        }
        let (width, height) = (Int(parser.pointee.width), Int(parser.pointee.height))
        guard seen.count == kinds.count, width > 0, height > 0 else { return nil }
        return TrackFormat(
            codec: codec,
            measures: .picture(width: width, height: height),
            extradata: sets
        )
    }

    /// How long a picture lasts: up to the next one if that is known, as long as the last otherwise.
    private func duration(from decoding: Int64, to following: Int64?) -> Int64 {
        if let following {
            let distance = TransportTime.distance(from: decoding, to: following)
            if (1...90_000 * 10).contains(distance) { return distance }
        }
        return last?.duration ?? TrackParser.durationDefault
    }

    // MARK: Sound

    private func parseSound(_ unit: PesUnit) -> [TrackUnit] {
        let padding = [UInt8](repeating: 0, count: Int(AV_INPUT_BUFFER_PADDING_SIZE))
        let padded = unit.payload + padding
        var units: [TrackUnit] = []
        var place = 0
        var time = unit.presentation ?? candela_av_no_time
        while place < unit.payload.count {
            var output: UnsafeMutablePointer<UInt8>?
            var size: Int32 = 0
            let used = padded.withUnsafeBufferPointer { buffer in
                av_parser_parse2(
                    parser,
                    context,
                    &output,
                    &size,
                    buffer.baseAddress.map { $0 + place },
                    Int32(clamping: unit.payload.count - place),
                    time,
                    time,
                    0
                )
            }
            guard used > 0 || size > 0 else { break }
            place += Int(max(0, used))
            time = candela_av_no_time
            guard let output, size > 0 else { continue }
            let frame = Array(UnsafeBufferPointer(start: output, count: Int(size)))
            if let unit = soundUnit(frame) { units.append(unit) }
        }
        return units
    }

    private func soundUnit(_ frame: [UInt8]) -> TrackUnit? {
        guard let shape = SoundShape(frame, codec), let bytes = raw(frame, shape) else {
            return nil
        }
        let named = parser.pointee.pts
        if named != candela_av_no_time {
            let expected = run.map { $0.start + $0.samples * 90_000 / Int64(shape.rate) }
            let gap = expected.map { abs(TransportTime.distance(from: $0, to: named)) }
            // Within a millisecond it is rounding, and counting samples is more exact.
            if (gap ?? .max) > 90 { run = (named, 0) }
        }
        guard let current = run else { return nil }
        let start = current.start + current.samples * 90_000 / Int64(shape.rate)
        let end =
            current.start + (current.samples + Int64(shape.samples)) * 90_000
            / Int64(shape.rate)
        run = (current.start, current.samples + Int64(shape.samples))
        let time = start & (TransportStream.timestampModulus - 1)
        return TrackUnit(
            bytes: bytes,
            presentation: time,
            decoding: time,
            duration: end - start,
            isKey: true,
            format: format
        )
    }

    /// The frame as a movie holds it, and its format noted.
    private func raw(_ frame: [UInt8], _ shape: SoundShape) -> [UInt8]? {
        let measures = TrackFormat.Measures.sound(rate: shape.rate, channels: shape.channels)
        guard codec == AV_CODEC_ID_AAC else {
            format = TrackFormat(codec: codec, measures: measures, extradata: [])
            return frame
        }
        if format?.measures != measures {
            av_bsf_free(&converter)
            format = nil
        }
        guard let unit = AccessUnit(), converter != nil || openConverter() else { return nil }
        guard av_new_packet(unit.packet, Int32(clamping: frame.count)) >= 0 else { return nil }
        frame.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            UnsafeMutableRawPointer(unit.packet.pointee.data)
                .copyMemory(from: base, byteCount: source.count)
        }
        guard av_bsf_send_packet(converter, unit.packet) >= 0,
            av_bsf_receive_packet(converter, unit.packet) >= 0
        else { return nil }
        var size = 0
        if let data = av_packet_get_side_data(unit.packet, AV_PKT_DATA_NEW_EXTRADATA, &size) {
            let extradata = Array(UnsafeBufferPointer(start: data, count: size))
            format = TrackFormat(codec: codec, measures: measures, extradata: extradata)
        }
        return Array(UnsafeBufferPointer(start: unit.packet.pointee.data, count: unit.size))
    }

    /// ADTS headers come off by libavcodec's filter, which also makes the `AudioSpecificConfig`.
    private func openConverter() -> Bool {
        guard let filter = av_bsf_get_by_name("aac_adtstoasc"),
            av_bsf_alloc(filter, &converter) >= 0, let converter
        else { return false }
        converter.pointee.par_in.pointee.codec_type = AVMEDIA_TYPE_AUDIO
        converter.pointee.par_in.pointee.codec_id = AV_CODEC_ID_AAC
        return av_bsf_init(converter) >= 0
    }
}

/// What the header of a sound frame says of its shape.
struct SoundShape: Equatable {
    /// Samples per second.
    var rate: Int
    /// How many channels.
    var channels: Int
    /// How many samples per channel the frame has.
    var samples: Int

    private static let aacRates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ]
    private static let mpegRates = [44_100, 48_000, 32_000]

    /// Reads an ADTS header (ISO/IEC 14496-3, 1.A.2.2) or that of MPEG layer 3; nil for others.
    init?(_ frame: [UInt8], _ codec: AVCodecID) {
        guard frame.count >= 7, frame[0] == 0xFF, frame[1] & 0xE0 == 0xE0 else { return nil }
        if codec == AV_CODEC_ID_AAC {
            let index = Int(frame[2] >> 2 & 0x0F)
            let layout = Int(frame[2] & 1) << 2 | Int(frame[3] >> 6)
            guard index < SoundShape.aacRates.count, layout > 0 else { return nil }
            rate = SoundShape.aacRates[index]
            channels = layout == 7 ? 8 : layout
            samples = 1_024 * (Int(frame[6] & 3) + 1)
        } else {
            // Version 1, 2 or 2.5, then layer 3: layers 1 and 2 are played by no browser.
            let version = frame[1] >> 3 & 3
            let index = Int(frame[2] >> 2 & 3)
            guard version != 1, frame[1] >> 1 & 3 == 1, index < 3 else { return nil }
            rate = SoundShape.mpegRates[index] >> (version == 3 ? 0 : version == 2 ? 1 : 2)
            channels = frame[3] >> 6 == 3 ? 1 : 2
            samples = version == 3 ? 1_152 : 576
        }
    }
}
