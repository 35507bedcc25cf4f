import Basics
import CFFmpeg

/// A media file or pipe opened by libavformat, reading through a `ByteSource`.
///
/// Only container formats on a list are tried, and what a file refers to is never opened: a playlist
/// must not make the program read other files or addresses.
final class Demuxer {
    /// What reading an access unit came to.
    enum Outcome {
        /// One access unit.
        case unit(AccessUnit)
        /// There are no more.
        case end
        /// The stop signal was raised.
        case stopped
        /// The rest cannot be read, because of this.
        case damaged(String)
    }

    /// Formats that may be tried; `mov` includes MP4, `mpegts` the 192-byte packets of cameras.
    private static let formats = """
        mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,flv,avi,asf,ogg,wav,flac,mp3,\
        aac,ac3,eac3,h264,hevc
        """
    private static let bufferSize = 65_536
    /// Reading goes on after so many failures in a row, as a damaged file may go on being readable.
    private static let failureCountMax = 64

    private let source: ByteSource
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var context: UnsafeMutablePointer<AVFormatContext>?

    private init(_ source: ByteSource) { self.source = source }

    deinit {
        avformat_close_input(&context)
        guard let io else { return }
        // libav may have replaced the buffer, so it is freed through the context.
        av_freep(&io.pointee.buffer)
        avio_context_free(&self.io)
    }

    /// Opens a source and finds its streams.
    /// - Throws: `IngestError` `.notMedia` when no format fits, `.io` when reading failed.
    static func open(_ source: ByteSource) throws(IngestError) -> Demuxer {
        av_log_set_level(AV_LOG_QUIET)
        let demuxer = Demuxer(source)
        try demuxer.openInput()
        return demuxer
    }

    /// The streams, in the container's order.
    var streams: [UnsafeMutablePointer<AVStream>] {
        guard let context, let list = context.pointee.streams else { return [] }
        return (0..<Int(context.pointee.nb_streams)).compactMap { list[$0] }
    }

    /// The whole rate as the container or the file's size says; nil when unknown.
    var rate: BitRate? {
        guard let bits = context?.pointee.bit_rate, bits > 0 else { return nil }
        return BitRate(bitsPerSecond: bits)
    }

    /// The stream of a kind that a player would choose; nil without one.
    func bestStream(_ kind: AVMediaType) -> Int? {
        let index = av_find_best_stream(context, kind, -1, -1, nil, 0)
        return index >= 0 ? Int(index) : nil
    }

    /// Reads the next access unit.
    func read() -> Outcome {
        guard let unit = AccessUnit() else { return .damaged("out of memory") }
        var code: Int32 = 0
        for _ in 0..<Demuxer.failureCountMax {
            code = av_read_frame(context, unit.packet)
            if code >= 0 { return .unit(unit) }
            if source.signal.isRaised { return .stopped }
            if code == candela_av_end { return .end }
            guard code == candela_av_again else { break }
        }
        return .damaged(LibavError.text(of: code))
    }

    /// Goes back to the first access unit; false when the format cannot.
    func rewind() -> Bool {
        guard let context else { return false }
        let start = context.pointee.start_time
        let target = start == candela_av_no_time ? 0 : start
        // Any key frame at or before the start will do, so the range reaches back without limit.
        if avformat_seek_file(context, -1, .min, target, target, 0) >= 0 { return true }
        return av_seek_frame(context, -1, 0, AVSEEK_FLAG_BYTE) >= 0
    }

    private func openInput() throws(IngestError) {
        guard let buffer = av_malloc(Demuxer.bufferSize) else { throw Demuxer.outOfMemory }
        io = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self),
            Int32(Demuxer.bufferSize),
            0,
            Unmanaged.passUnretained(source).toOpaque(),
            demuxerRead,
            nil,
            demuxerSeek
        )
        context = avformat_alloc_context()
        guard let io, let context else { throw Demuxer.outOfMemory }
        let isFile = source.nature != .stream
        io.pointee.seekable = isFile ? AVIO_SEEKABLE_NORMAL : 0
        context.pointee.pb = io
        context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_DISCARD_CORRUPT
        context.pointee.format_whitelist = av_strdup(Demuxer.formats)
        context.pointee.interrupt_callback.callback = demuxerIsInterrupted
        context.pointee.interrupt_callback.opaque = Unmanaged.passUnretained(source).toOpaque()
        candela_refuse_references(context)
        let code = avformat_open_input(&self.context, nil, nil, nil)
        guard code >= 0 else { throw openFailure(code) }
        let found = avformat_find_stream_info(self.context, nil)
        guard found >= 0 else { throw openFailure(found) }
        // libav keeps a read error for good, so what it found so far is of no use.
        if source.hasTimedOut, source.deadline != nil { throw openFailure(candela_av_timeout) }
    }

    private func openFailure(_ code: Int32) -> IngestError {
        let name = source.name
        if code == candela_av_timeout {
            return IngestError(
                .empty,
                "\(name): too little came to tell what it is; start the encoder"
            )
        }
        if let failure = source.lastFailure { return source.failure(failure) }
        let reason = LibavError.text(of: code)
        if source.startsLikeMP4 {
            return IngestError(
                .notMedia,
                "\(name): an incomplete MP4, its index is missing (\(reason)); copy it again"
            )
        }
        return IngestError(
            .notMedia,
            "\(name): not media that can be read (\(reason)); give MP4, Matroska or MPEG-TS"
        )
    }

    private static let outOfMemory = IngestError(.io, "out of memory; end other programs")
}

/// libav's read callback; it captures nothing, the source comes as `opaque`.
private func demuxerRead(
    _ opaque: UnsafeMutableRawPointer?,
    _ buffer: UnsafeMutablePointer<UInt8>?,
    _ count: Int32
) -> Int32 {
    guard let opaque, count > 0 else { return candela_av_end }
    let source = Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
    switch source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))) {
    case .bytes(let got): return Int32(got)
    case .end: return candela_av_end
    case .stopped: return candela_av_exit
    case .timedOut: return candela_av_timeout
    case .failed(let code): return candela_av_error(code)
    }
}

private func demuxerSeek(
    _ opaque: UnsafeMutableRawPointer?,
    _ offset: Int64,
    _ whence: Int32
) -> Int64 {
    guard let opaque else { return -1 }
    let source = Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
    guard case .file(let size) = source.nature else { return -1 }
    switch whence & ~AVSEEK_FORCE {
    case AVSEEK_SIZE: return size
    case SEEK_SET: return source.seek(to: offset) ?? -1
    case SEEK_CUR: return source.seek(to: source.offset + offset) ?? -1
    case SEEK_END: return source.seek(to: size + offset) ?? -1
    default: return -1
    }
}

private func demuxerIsInterrupted(_ opaque: UnsafeMutableRawPointer?) -> Int32 {
    guard let opaque else { return 0 }
    let source = Unmanaged<ByteSource>.fromOpaque(opaque).takeUnretainedValue()
    return source.signal.isRaised ? 1 : 0
}
