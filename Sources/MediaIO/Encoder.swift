import Basics
import CFFmpeg

/// An encoder of libavcodec: frames in, access units with 90 kHz timestamps out.
final class Encoder {
    /// The encoder's settings and state.
    let context: UnsafeMutablePointer<AVCodecContext>
    /// The frame that the caller fills.
    let frame: UnsafeMutablePointer<AVFrame>

    private init(
        _ context: UnsafeMutablePointer<AVCodecContext>,
        _ frame: UnsafeMutablePointer<AVFrame>
    ) {
        self.context = context
        self.frame = frame
    }

    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    /// H.264 through libx264, or MPEG-2 where libavcodec lacks it, for a test picture: no B-frames,
    /// a key frame every second, no look-ahead, filled up to a constant rate.
    static func video(_ format: PatternFormat) throws(IngestError) -> Encoder {
        let x264 = avcodec_find_encoder_by_name("libx264")
        let encoder = try make(x264 ?? avcodec_find_encoder(AV_CODEC_ID_MPEG2VIDEO), "video")
        let context = encoder.context
        context.pointee.width = Int32(format.width)
        context.pointee.height = Int32(format.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.color_range = AVCOL_RANGE_MPEG
        context.pointee.time_base = AVRational(num: 1, den: Int32(format.framesPerSecond))
        context.pointee.framerate = AVRational(num: Int32(format.framesPerSecond), den: 1)
        context.pointee.gop_size = Int32(format.framesPerSecond)
        context.pointee.keyint_min = Int32(format.framesPerSecond)
        context.pointee.max_b_frames = 0
        context.pointee.thread_count = 1
        let bits = format.rateVideo.bitsPerSecond
        context.pointee.bit_rate = bits
        context.pointee.rc_min_rate = bits
        context.pointee.rc_max_rate = bits
        // Half a second of buffer: a key frame may be large, the rate is still smooth.
        context.pointee.rc_buffer_size = Int32(bits / 2)
        if x264 != nil {
            av_opt_set(context.pointee.priv_data, "preset", "ultrafast", 0)
            av_opt_set(context.pointee.priv_data, "tune", "zerolatency", 0)
            av_opt_set(context.pointee.priv_data, "x264-params", "nal-hrd=cbr:scenecut=0", 0)
        }
        try encoder.start("video")
        encoder.frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        encoder.frame.pointee.width = Int32(format.width)
        encoder.frame.pointee.height = Int32(format.height)
        try encoder.allocateFrame("video")
        return encoder
    }

    /// AAC, 48 kHz stereo.
    static func audio(rate: Int64) throws(IngestError) -> Encoder {
        let encoder = try make(avcodec_find_encoder(AV_CODEC_ID_AAC), "AAC")
        let context = encoder.context
        context.pointee.sample_rate = 48_000
        context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        context.pointee.bit_rate = rate
        context.pointee.time_base = AVRational(num: 1, den: 48_000)
        av_channel_layout_default(&context.pointee.ch_layout, 2)
        try encoder.start("AAC")
        encoder.frame.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
        encoder.frame.pointee.nb_samples = context.pointee.frame_size
        encoder.frame.pointee.sample_rate = 48_000
        av_channel_layout_default(&encoder.frame.pointee.ch_layout, 2)
        try encoder.allocateFrame("AAC")
        return encoder
    }

    /// Makes the frame's planes ready to be written; false without memory.
    func prepareFrame() -> Bool { av_frame_make_writable(frame) >= 0 }

    /// Encodes the frame as of a time in the encoder's time base; the units that came of it.
    func encode(at time: Int64) throws(IngestError) -> [AccessUnit] {
        frame.pointee.pts = time
        frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
        let code = avcodec_send_frame(context, frame)
        guard code >= 0 else { throw Encoder.failure("encoding", code) }
        var units: [AccessUnit] = []
        while let unit = AccessUnit(), avcodec_receive_packet(context, unit.packet) >= 0 {
            let ticks = AVRational(num: 1, den: 90_000)
            av_packet_rescale_ts(unit.packet, context.pointee.time_base, ticks)
            unit.packet.pointee.pts += Timeline.origin
            unit.packet.pointee.dts += Timeline.origin
            units.append(unit)
        }
        return units
    }

    /// What a muxer needs to know about the encoder's output.
    func withParameters<R>(
        _ body: (UnsafeMutablePointer<AVCodecParameters>) throws(IngestError) -> R
    ) throws(IngestError) -> R {
        var parameters = avcodec_parameters_alloc()
        defer { avcodec_parameters_free(&parameters) }
        guard let known = parameters, avcodec_parameters_from_context(known, context) >= 0 else {
            throw Encoder.failure("encoding", 0)
        }
        return try body(known)
    }

    private static func make(
        _ codec: UnsafePointer<AVCodec>?,
        _ name: String
    ) throws(IngestError) -> Encoder {
        av_log_set_level(AV_LOG_QUIET)
        guard let codec else {
            throw IngestError(
                .unsupportedCodec,
                "this libavcodec has no \(name) encoder; give a file instead"
            )
        }
        guard let context = avcodec_alloc_context3(codec), let frame = av_frame_alloc() else {
            throw IngestError(.io, "out of memory; end other programs")
        }
        return Encoder(context, frame)
    }

    private func start(_ name: String) throws(IngestError) {
        let code = avcodec_open2(context, nil, nil)
        guard code >= 0 else { throw Encoder.failure("the \(name) encoder", code) }
    }

    private func allocateFrame(_ name: String) throws(IngestError) {
        let code = av_frame_get_buffer(frame, 0)
        guard code >= 0 else { throw Encoder.failure("the \(name) encoder", code) }
    }

    private static func failure(_ what: String, _ code: Int32) -> IngestError {
        IngestError(.io, "\(what) failed (\(LibavError.text(of: code)))")
    }
}
