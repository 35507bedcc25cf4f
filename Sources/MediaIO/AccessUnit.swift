import CFFmpeg

/// One coded picture or audio frame: owns an `AVPacket`.
final class AccessUnit {
    /// The packet; its timestamps are in 90 kHz once a `Timeline` has placed it.
    let packet: UnsafeMutablePointer<AVPacket>

    /// Makes an empty unit; nil without memory.
    init?() {
        guard let packet = av_packet_alloc() else { return nil }
        self.packet = packet
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
    }

    /// The stream it belongs to.
    var streamIndex: Int { Int(packet.pointee.stream_index) }
    /// Whether decoding can start with it.
    var isKey: Bool { packet.pointee.flags & AV_PKT_FLAG_KEY != 0 }
    /// When it is decoded.
    var decodingTime: Int64 { packet.pointee.dts }
    /// How many bytes it has.
    var size: Int { Int(packet.pointee.size) }
}

/// The text of a libav error.
enum LibavError {
    /// What libav says about a negative code, such as `Invalid data found`.
    static func text(of code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard av_strerror(code, &buffer, buffer.count) >= 0 else { return "error \(code)" }
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        return String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
