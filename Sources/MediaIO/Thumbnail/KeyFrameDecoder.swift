import CFFmpeg

/// Decodes single key frames; keeps the last picture.
///
/// For one thread at a time.
final class KeyFrameDecoder {
    /// Larger pictures are refused: 8192×4320, the greatest that H.264 and HEVC levels name.
    private static let pixelsMax: Int64 = 8_192 * 4_320

    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var codec = AV_CODEC_ID_NONE
    private var frame: UnsafeMutablePointer<AVFrame>?

    init() { frame = av_frame_alloc() }

    deinit {
        avcodec_free_context(&context)
        av_frame_free(&frame)
    }

    /// The last picture; nil before one could be decoded.
    var picture: UnsafeMutablePointer<AVFrame>? {
        guard let frame, frame.pointee.width > 0, frame.pointee.height > 0 else { return nil }
        return frame
    }

    /// Decodes a key frame; false when it is none or is damaged beyond use.
    func decode(_ unit: KeyFrameCollector.KeyFrame) -> Bool {
        guard open(unit.codec), let context, let frame, let packet = av_packet_alloc() else {
            return false
        }
        var owned: UnsafeMutablePointer<AVPacket>? = packet
        defer { av_packet_free(&owned) }
        guard av_new_packet(packet, Int32(clamping: unit.bytes.count)) >= 0 else { return false }
        unit.bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress, let to = packet.pointee.data else { return }
            UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
        }
        packet.pointee.flags |= AV_PKT_FLAG_KEY
        avcodec_flush_buffers(context)
        guard avcodec_send_packet(context, packet) >= 0 else { return false }
        // The end of the stream makes the decoder hand over the picture that it would hold back.
        avcodec_send_packet(context, nil)
        guard let fresh = av_frame_alloc() else { return false }
        var given: UnsafeMutablePointer<AVFrame>? = fresh
        defer { av_frame_free(&given) }
        guard avcodec_receive_frame(context, fresh) >= 0, fresh.pointee.width > 0 else {
            return false
        }
        av_frame_unref(frame)
        av_frame_move_ref(frame, fresh)
        return true
    }

    private func open(_ wanted: AVCodecID) -> Bool {
        if context != nil, codec == wanted { return true }
        avcodec_free_context(&context)
        av_log_set_level(AV_LOG_QUIET)
        guard let decoder = avcodec_find_decoder(wanted),
            let made = avcodec_alloc_context3(decoder)
        else { return false }
        context = made
        codec = wanted
        made.pointee.thread_count = 1
        made.pointee.max_pixels = KeyFrameDecoder.pixelsMax
        // A group of pictures may begin with a picture that is no instantaneous refresh.
        made.pointee.flags |= Int32(bitPattern: UInt32(AV_CODEC_FLAG_OUTPUT_CORRUPT))
        guard avcodec_open2(made, decoder, nil) >= 0 else {
            avcodec_free_context(&context)
            return false
        }
        return true
    }
}
