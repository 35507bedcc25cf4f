import Basics
import CFFmpeg

/// The bytes of an address, through libavformat's protocols.
final class NetworkReader {
    private let interruption: Interruption
    private var io: UnsafeMutablePointer<AVIOContext>?

    /// Why the last read ended the stream; nil for a plain end.
    private(set) var lastFailure: String?

    private init(_ interruption: Interruption) { self.interruption = interruption }

    deinit {
        interruption.deadline = MonotonicClock.now + .milliseconds(500)
        avio_closep(&io)
    }

    /// Connects, or waits for the one who connects to us; gives up at an instant, if there is one.
    ///
    /// Nil when the signal was raised.
    static func open(
        _ address: NetworkAddress,
        _ signal: StopSignal,
        until due: Instant?
    ) throws(IngestError) -> NetworkReader? {
        LibavNetwork.prepare()
        let reader = NetworkReader(Interruption(signal))
        reader.interruption.deadline = due
        var callback = reader.interruption.callback
        var options = address.options
        defer { av_dict_free(&options) }
        let code = avio_open2(&reader.io, address.url, AVIO_FLAG_READ, &callback, &options)
        if signal.isRaised { return nil }
        guard code >= 0 else { throw address.failure(code) }
        return reader
    }

    /// How many bytes there are in all; nil for a live stream.
    var size: Int64? {
        let size = avio_size(io)
        return size > 0 ? size : nil
    }

    /// Reads what there is, at most a buffer full.
    func read(into buffer: UnsafeMutableRawBufferPointer, until due: Instant?) -> ByteSource.Outcome
    {
        interruption.deadline = due
        let target = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let code = avio_read_partial(io, target, Int32(min(buffer.count, Int(Int32.max))))
        if code > 0 { return .bytes(Int(code)) }
        if interruption.isStopped { return .stopped }
        if code == candela_av_exit { return .timedOut }
        if code != 0, code != candela_av_end { lastFailure = LibavError.text(of: code) }
        return .end
    }
}

/// What libavformat needs once before it uses the network.
enum LibavNetwork {
    private static let prepared: Bool = {
        av_log_set_level(AV_LOG_QUIET)
        avformat_network_init()
        return true
    }()

    /// Does it, the first time.
    static func prepare() { _ = prepared }
}
