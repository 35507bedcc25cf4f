import Basics
import CFFmpeg
import Glibc

/// A media file, pipe or address opened by libavformat.
///
/// Only container formats on a list are tried. What a file or pipe refers to is never opened: a
/// playlist must not make the program read other files or addresses. What comes over the network
/// may refer to other addresses of the network, but not to files or this machine's neighbours.
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
    /// And those that only come over the network.
    private static let networkFormats = formats + ",hls,rtsp,sdp,rtp"
    private static let bufferSize = 65_536
    /// A live stream is looked at for so long, in microseconds: every viewer waits for that.
    private static let analysisLive: Int64 = 1_000_000
    /// And so many pictures tell its speed.
    private static let picturesLive: Int32 = 3
    /// Reading goes on after so many failures in a row, as a damaged file may go on being readable.
    private static let failureCountMax = 64

    /// What messages call it.
    let name: String

    private let source: ByteSource?
    private let signal: StopSignal
    private let interruption: Interruption?
    private let silenceMax: TimeSpan?
    private let isDevice: Bool
    private var io: UnsafeMutablePointer<AVIOContext>?
    private var context: UnsafeMutablePointer<AVFormatContext>?

    private init(_ source: ByteSource) {
        self.source = source
        name = source.name
        signal = source.signal
        interruption = nil
        silenceMax = nil
        isDevice = false
    }

    /// Of what libav opens itself.
    private init(_ name: String, _ signal: StopSignal, silenceMax: TimeSpan?, isDevice: Bool) {
        source = nil
        self.name = name
        self.signal = signal
        interruption = Interruption(signal)
        self.silenceMax = silenceMax
        self.isDevice = isDevice
    }

    deinit {
        // A goodbye to a server must not take long.
        interruption?.deadline = MonotonicClock.now + .milliseconds(500)
        avformat_close_input(&context)
        guard let io else { return }
        // libav may have replaced the buffer, so it is freed through the context.
        av_freep(&io.pointee.buffer)
        avio_context_free(&self.io)
    }

    /// Opens a source and finds its streams.
    /// - Throws: `IngestError` `.notMedia` when no format fits, `.io` when reading failed.
    static func open(
        _ source: ByteSource,
        _ haste: RemuxFeed.Haste = .patient
    ) throws(IngestError) -> Demuxer {
        av_log_set_level(AV_LOG_QUIET)
        let demuxer = Demuxer(source)
        try demuxer.openInput(source, haste)
        return demuxer
    }

    /// Opens an address and finds its streams; gives up at an instant.
    ///
    /// Nil when the signal was raised.
    static func open(
        _ address: NetworkAddress,
        _ signal: StopSignal,
        until due: Instant
    ) throws(IngestError) -> Demuxer? {
        LibavNetwork.prepare()
        let demuxer = Demuxer(
            address.name,
            signal,
            silenceMax: address.silenceMax,
            isDevice: false
        )
        demuxer.interruption?.deadline = due
        let code = demuxer.openAddress(address)
        if signal.isRaised { return nil }
        guard code >= 0 else { throw address.failure(code) }
        return demuxer
    }

    /// Opens a camera or a graph.
    ///
    /// Nil when the signal was raised.
    static func open(
        _ address: CaptureAddress,
        _ signal: StopSignal
    ) throws(IngestError) -> Demuxer? {
        LibavNetwork.prepare()
        // Five seconds without a picture: a camera that was unplugged.
        let demuxer = Demuxer(address.name, signal, silenceMax: .seconds(5), isDevice: true)
        demuxer.interruption?.deadline = MonotonicClock.now + .seconds(10)
        let code = demuxer.openDevice(address)
        if signal.isRaised { return nil }
        guard code >= 0 else {
            let reason = LibavError.text(of: code)
            let cure =
                address.device == .camera
                ? "check that it is plugged in and not in use" : "check how it is written"
            throw IngestError(
                .notReadable,
                "\(address.name): cannot be opened (\(reason)); \(cure)"
            )
        }
        return demuxer
    }

    /// Why reading failed underneath, if it did.
    var failure: IngestError? {
        guard let source, let code = source.lastFailure else { return nil }
        return source.failure(code)
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
        var attempts = 0
        let due = silenceMax.map { MonotonicClock.now + $0 }
        while attempts < Demuxer.failureCountMax {
            if let silenceMax { interruption?.deadline = MonotonicClock.now + silenceMax }
            code = av_read_frame(context, unit.packet)
            if code >= 0 { return .unit(unit) }
            if signal.isRaised { return .stopped }
            if code == candela_av_end { return .end }
            guard code == candela_av_again else { break }
            guard isDevice, let due else {
                attempts += 1
                continue
            }
            // A camera's next picture is not there yet.
            if MonotonicClock.now > due { return .damaged("nothing came any more") }
            if signal.wait(until: MonotonicClock.now + .milliseconds(2)) == .stopped {
                return .stopped
            }
        }
        if interruption != nil, code == candela_av_exit { return .damaged("nothing came any more") }
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

    private func openInput(
        _ source: ByteSource,
        _ haste: RemuxFeed.Haste
    ) throws(IngestError) {
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
        if haste == .prompt { Demuxer.hurry(context) }
        let code = avformat_open_input(&self.context, nil, nil, nil)
        guard code >= 0 else { throw openFailure(code, source) }
        let found = avformat_find_stream_info(self.context, nil)
        guard found >= 0 else { throw openFailure(found, source) }
        // libav keeps a read error for good, so what it found so far is of no use.
        if source.hasTimedOut, source.deadline != nil {
            throw openFailure(candela_av_timeout, source)
        }
    }

    private func openAddress(_ address: NetworkAddress) -> Int32 {
        context = avformat_alloc_context()
        guard let context, let interruption else { return candela_av_error(ENOMEM) }
        context.pointee.interrupt_callback = interruption.callback
        context.pointee.flags |= AVFMT_FLAG_DISCARD_CORRUPT
        context.pointee.format_whitelist = av_strdup(Demuxer.networkFormats)
        context.pointee.protocol_whitelist = av_strdup(address.protocols)
        context.pointee.io_open = demuxerOpen
        if address.kind != .http { Demuxer.hurry(context) }
        var options = address.options
        defer { av_dict_free(&options) }
        let code = avformat_open_input(&self.context, address.url, nil, &options)
        guard code >= 0 else { return code }
        return avformat_find_stream_info(self.context, nil)
    }

    private func openDevice(_ address: CaptureAddress) -> Int32 {
        avdevice_register_all()
        context = avformat_alloc_context()
        guard let context, let interruption,
            let format = av_find_input_format(address.device.rawValue)
        else { return candela_av_error(ENODEV) }
        context.pointee.interrupt_callback = interruption.callback
        // Waiting for a camera's picture would not heed the interruption.
        context.pointee.flags |= AVFMT_FLAG_NONBLOCK
        Demuxer.hurry(context)
        let code = avformat_open_input(&self.context, address.place, format, nil)
        guard code >= 0 else { return code }
        return avformat_find_stream_info(self.context, nil)
    }

    private static func hurry(_ context: UnsafeMutablePointer<AVFormatContext>) {
        context.pointee.max_analyze_duration = analysisLive
        context.pointee.fps_probe_size = picturesLive
    }

    private func openFailure(_ code: Int32, _ source: ByteSource) -> IngestError {
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

/// Opens what a playlist names, but no link-local address unless the user has typed it.
private func demuxerOpen(
    _ context: UnsafeMutablePointer<AVFormatContext>?,
    _ io: UnsafeMutablePointer<UnsafeMutablePointer<AVIOContext>?>?,
    _ url: UnsafePointer<CChar>?,
    _ flags: Int32,
    _ options: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    guard let context, let io, let url else { return candela_av_error(EINVAL) }
    let isTyped = context.pointee.url.map { strcmp($0, url) == 0 } ?? false
    if !isTyped, LinkLocal.isNamed(in: String(cString: url)) {
        io.pointee = nil
        return candela_av_error(EPERM)
    }
    // A fresh context has libavformat's own way to open.
    let fresh = avformat_alloc_context()
    defer { avformat_free_context(fresh) }
    guard let open = fresh?.pointee.io_open else { return candela_av_error(ENOMEM) }
    return open(context, io, url, flags, options)
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
