import CFFmpeg

/// What a coded picture's first bytes tell.
enum CodedPicture {
    /// The video codec of a `stream_type` (ISO/IEC 13818-1, table 2-34); nil for all else.
    static func codec(ofType type: UInt8) -> AVCodecID? {
        switch type {
        case 0x01: AV_CODEC_ID_MPEG1VIDEO
        case 0x02: AV_CODEC_ID_MPEG2VIDEO
        case 0x1B: AV_CODEC_ID_H264
        case 0x24: AV_CODEC_ID_HEVC
        default: nil
        }
    }

    /// Whether a picture begins with what a decoder can start with: a sequence header (ISO/IEC 13818-2,
    /// 6.2.2.1), or a sequence parameter set or a picture that refers to none (ITU-T H.264, table 7-1;
    /// H.265, table 7-1).
    static func isKey(_ bytes: ArraySlice<UInt8>, _ codec: AVCodecID) -> Bool {
        var place = bytes.startIndex
        while place + 3 < bytes.endIndex {
            guard bytes[place] == 0, bytes[place + 1] == 0, bytes[place + 2] == 1 else {
                place += 1
                continue
            }
            let unit = bytes[place + 3]
            switch codec {
            case AV_CODEC_ID_H264: if [5, 7].contains(unit & 0x1F) { return true }
            case AV_CODEC_ID_HEVC:
                if (16...21).contains(unit >> 1) || unit >> 1 == 33 { return true }
            default: if unit == 0xB3 { return true }
            }
            place += 3
        }
        return false
    }
}

extension CodedPicture {
    /// The size that a key frame's headers tell, without decoding; nil when they tell none.
    static func size(
        of frame: KeyFrameCollector.KeyFrame
    ) -> (width: Int, height: Int, isInterlaced: Bool)? {
        guard let parser = av_parser_init(Int32(frame.codec.rawValue)) else { return nil }
        defer { av_parser_close(parser) }
        guard let decoder = avcodec_find_decoder(frame.codec),
            let context = avcodec_alloc_context3(decoder)
        else { return nil }
        var owned: UnsafeMutablePointer<AVCodecContext>? = context
        defer { avcodec_free_context(&owned) }
        parser.pointee.flags |= PARSER_FLAG_COMPLETE_FRAMES
        // Parsers read beyond the end of what they are given.
        let padded = frame.bytes + [UInt8](repeating: 0, count: Int(AV_INPUT_BUFFER_PADDING_SIZE))
        var output: UnsafeMutablePointer<UInt8>?
        var length: Int32 = 0
        padded.withUnsafeBufferPointer { buffer in
            _ = av_parser_parse2(
                parser,
                context,
                &output,
                &length,
                buffer.baseAddress,
                Int32(clamping: frame.bytes.count),
                candela_av_no_time,
                candela_av_no_time,
                0
            )
        }
        let height = Int(parser.pointee.height > 0 ? parser.pointee.height : context.pointee.height)
        let width = Int(parser.pointee.width > 0 ? parser.pointee.width : context.pointee.width)
        guard width > 0, height > 0 else { return nil }
        let order = parser.pointee.field_order
        let isInterlaced = order != AV_FIELD_UNKNOWN && order != AV_FIELD_PROGRESSIVE
        return (width, height, isInterlaced)
    }
}
