import CFFmpeg

/// Writes access units as MPEG-TS through libavformat.
///
/// PAT and PMT stand directly before each key picture's first packet, which has its
/// `random_access_indicator` set. They are also repeated ten times a second, but not before every
/// picture: at 1 Mbit/s that would cost 7 % of the rate. Sound packets that start a frame have the
/// indicator too, since every sound frame can be decoded alone.
final class TransportMuxer {
    /// How far the clock runs behind the decoding times, and twice as long as sound is gathered
    /// into one PES packet: 50 ms each way keeps the lag low and the headers few.
    private static let delayMicroseconds: Int32 = 50_000
    private static let bufferSize = 65_536

    private final class Sink {
        var bytes: [UInt8] = []
    }

    private let sink = Sink()
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var context: UnsafeMutablePointer<AVFormatContext>?
    private var isPicture: [Bool] = []

    /// Makes a muxer for streams with these parameters, in this order.
    init(_ streams: [UnsafeMutablePointer<AVCodecParameters>]) throws(IngestError) {
        av_log_set_level(AV_LOG_QUIET)
        isPicture = streams.map { $0.pointee.codec_type == AVMEDIA_TYPE_VIDEO }
        var code = avformat_alloc_output_context2(&context, nil, "mpegts", nil)
        guard let context, let buffer = av_malloc(TransportMuxer.bufferSize) else {
            throw TransportMuxer.failure(code)
        }
        io = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self),
            Int32(TransportMuxer.bufferSize),
            1,
            Unmanaged.passUnretained(sink).toOpaque(),
            nil,
            { opaque, data, count in
                guard let opaque, let data, count > 0 else { return 0 }
                let sink = Unmanaged<Sink>.fromOpaque(opaque).takeUnretainedValue()
                sink.bytes += UnsafeBufferPointer(start: data, count: Int(count))
                return count
            },
            nil
        )
        context.pointee.pb = io
        context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        context.pointee.max_delay = TransportMuxer.delayMicroseconds
        context.pointee.avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED
        av_dict_set(&context.pointee.metadata, "service_name", "Candela", 0)
        av_dict_set(&context.pointee.metadata, "service_provider", "Candela", 0)
        for parameters in streams {
            guard let stream = avformat_new_stream(context, nil) else {
                throw TransportMuxer.failure(code)
            }
            code = avcodec_parameters_copy(stream.pointee.codecpar, parameters)
            guard code >= 0 else { throw TransportMuxer.failure(code) }
            // The tag belongs to the container that it came from.
            stream.pointee.codecpar.pointee.codec_tag = 0
            stream.pointee.time_base = AVRational(num: 1, den: 90_000)
        }
        code = avformat_write_header(context, nil)
        guard code >= 0 else { throw TransportMuxer.failure(code) }
    }

    deinit {
        avformat_free_context(context)
        guard let io else { return }
        av_freep(&io.pointee.buffer)
        avio_context_free(&self.io)
    }

    /// Writes a unit whose timestamps are in 90 kHz and returns the packets that came of it; nil
    /// when libavformat refuses the unit.
    func write(_ unit: AccessUnit, index: Int) -> [UInt8]? {
        guard let context, isPicture.indices.contains(index) else { return nil }
        let packet = unit.packet
        packet.pointee.stream_index = Int32(index)
        packet.pointee.pos = -1
        if isPicture[index], unit.isKey {
            av_opt_set(context.pointee.priv_data, "mpegts_flags", "+resend_headers", 0)
        }
        let code = av_write_frame(context, packet)
        let packets = take()
        return code >= 0 || !packets.isEmpty ? packets : nil
    }

    /// Writes what is still gathered, such as the last sound.
    func finish() -> [UInt8] {
        guard let context else { return [] }
        av_write_trailer(context)
        return take()
    }

    private func take() -> [UInt8] {
        avio_flush(io)
        defer { sink.bytes = [] }
        return sink.bytes
    }

    private static func failure(_ code: Int32) -> IngestError {
        IngestError(.io, "the MPEG-TS writer failed (\(LibavError.text(of: code)))")
    }
}
