import CFFmpeg

/// Writes tracks as a fragmented MP4 through libavformat: a header, then movie fragments.
///
/// Fragments end where `cut` says, and their times are the units' own, so that any fragment can be
/// played after the header alone.
final class MovieWriter {
    private static let bufferSize = 65_536
    /// `frag_discont` with edit lists off makes the fragments carry our times as they are; with
    /// edit lists libavformat would count them from the first unit.
    private static let options =
        "movflags=frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer"
        + ":use_editlist=0"
    private static let ticks = AVRational(num: 1, den: 90_000)

    private final class Sink {
        var bytes: [UInt8] = []
    }

    /// The header: `ftyp` and `moov`.
    private(set) var head: [UInt8] = []
    private let sink = Sink()
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var context: UnsafeMutablePointer<AVFormatContext>?
    /// The decoding time of each track's last unit, in its own time base.
    private var lasts: [Int64] = []

    /// Makes a writer; nil when libavformat refuses a format or there is no memory.
    init?(_ formats: [TrackFormat]) {
        av_log_set_level(AV_LOG_QUIET)
        guard avformat_alloc_output_context2(&context, nil, "mp4", nil) >= 0, let context,
            openOutput()
        else { return nil }
        context.pointee.pb = io
        context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        context.pointee.avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED
        for format in formats {
            guard let stream = avformat_new_stream(context, nil),
                format.fill(stream.pointee.codecpar)
            else { return nil }
            stream.pointee.time_base = MovieWriter.ticks
            lasts.append(.min)
        }
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        guard av_dict_parse_string(&options, MovieWriter.options, "=", ":", 0) >= 0,
            avformat_write_header(context, &options) >= 0
        else { return nil }
        head = take()
    }

    deinit {
        avformat_free_context(context)
        guard let io else { return }
        av_freep(&io.pointee.buffer)
        avio_context_free(&self.io)
    }

    /// Adds a unit to the fragment, its times in 90 kHz and at least zero; false when refused.
    func write(_ unit: TrackUnit, track: Int) -> Bool {
        guard let context, lasts.indices.contains(track), let access = AccessUnit(),
            let stream = context.pointee.streams[track],
            av_new_packet(access.packet, Int32(clamping: unit.bytes.count)) >= 0
        else { return false }
        unit.bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            UnsafeMutableRawPointer(access.packet.pointee.data)
                .copyMemory(from: base, byteCount: source.count)
        }
        let base = stream.pointee.time_base
        let packet = access.packet
        packet.pointee.stream_index = Int32(clamping: track)
        packet.pointee.dts = av_rescale_q(unit.decoding, MovieWriter.ticks, base)
        packet.pointee.pts = av_rescale_q(unit.presentation, MovieWriter.ticks, base)
        packet.pointee.duration = av_rescale_q(unit.duration, MovieWriter.ticks, base)
        // Times must rise; a repeated one is moved by the least that can be told.
        packet.pointee.dts = max(packet.pointee.dts, lasts[track] == .min ? 0 : lasts[track] + 1)
        packet.pointee.pts = max(packet.pointee.pts, packet.pointee.dts)
        if unit.isKey { packet.pointee.flags |= AV_PKT_FLAG_KEY }
        lasts[track] = packet.pointee.dts
        return av_write_frame(context, packet) >= 0
    }

    /// Ends the fragment and returns it: `moof` and `mdat`; empty when no unit was added.
    func cut() -> [UInt8] {
        guard let context else { return [] }
        av_write_frame(context, nil)
        return take()
    }

    private func openOutput() -> Bool {
        guard let buffer = av_malloc(MovieWriter.bufferSize) else { return false }
        io = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self),
            Int32(MovieWriter.bufferSize),
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
        guard let io else { return false }
        io.pointee.seekable = 0
        return true
    }

    private func take() -> [UInt8] {
        avio_flush(io)
        defer { sink.bytes = [] }
        return sink.bytes
    }
}
