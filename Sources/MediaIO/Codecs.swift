import Basics
import CFFmpeg

/// Which codecs MPEG-TS can carry so that common players play them, and what they are called.
enum Codecs {
    /// Whether a stream of this codec can be passed on as it is.
    static func isSupported(_ codec: AVCodecID) -> Bool {
        supported.contains { $0.id == codec }
    }

    /// What a person calls the codec.
    static func name(of codec: AVCodecID) -> String {
        if let known = supported.first(where: { $0.id == codec }) { return known.name }
        return String(cString: avcodec_get_name(codec))
    }

    /// A stream in words: `H.264 1280x720 25/s`, `AAC 48 kHz stereo`.
    static func describe(_ stream: UnsafeMutablePointer<AVStream>) -> String {
        guard let parameters = stream.pointee.codecpar?.pointee else { return "unknown stream" }
        let name = name(of: parameters.codec_id)
        switch parameters.codec_type {
        case AVMEDIA_TYPE_VIDEO:
            return name + size(parameters) + speed(stream.pointee.avg_frame_rate)
        case AVMEDIA_TYPE_AUDIO:
            return name + sampling(parameters.sample_rate) + channels(parameters.ch_layout)
        default: return name
        }
    }

    /// A rate in words: `1.6 Mbit/s` or `96 kbit/s`.
    static func describe(_ rate: BitRate) -> String {
        let bits = rate.bitsPerSecond
        return bits >= 1_000_000
            ? "\(decimal(bits, unit: 1_000_000)) Mbit/s" : "\(bits / 1_000) kbit/s"
    }

    private static let supported: [(id: AVCodecID, name: String)] = [
        (AV_CODEC_ID_H264, "H.264"), (AV_CODEC_ID_HEVC, "HEVC"),
        (AV_CODEC_ID_MPEG2VIDEO, "MPEG-2"), (AV_CODEC_ID_MPEG1VIDEO, "MPEG-1"),
        (AV_CODEC_ID_AAC, "AAC"), (AV_CODEC_ID_MP3, "MP3"), (AV_CODEC_ID_MP2, "MP2"),
        (AV_CODEC_ID_AC3, "AC-3"), (AV_CODEC_ID_EAC3, "E-AC-3"), (AV_CODEC_ID_OPUS, "Opus"),
    ]

    private static func size(_ parameters: AVCodecParameters) -> String {
        parameters.width > 0 ? " \(parameters.width)x\(parameters.height)" : ""
    }

    private static func speed(_ rate: AVRational) -> String {
        guard rate.num > 0, rate.den > 0 else { return "" }
        let hundredths = (Int64(rate.num) * 100 + Int64(rate.den) / 2) / Int64(rate.den)
        guard !hundredths.isMultiple(of: 100) else { return " \(hundredths / 100)/s" }
        let fraction = String(hundredths % 100)
        return " \(hundredths / 100).\(fraction.count == 1 ? "0" : "")\(fraction)/s"
    }

    private static func sampling(_ rate: Int32) -> String {
        guard rate > 0 else { return "" }
        return rate.isMultiple(of: 1_000)
            ? " \(rate / 1_000) kHz" : " \(decimal(Int64(rate), unit: 1_000)) kHz"
    }

    private static func channels(_ layout: AVChannelLayout) -> String {
        switch layout.nb_channels {
        case ..<1: ""
        case 1: " mono"
        case 2: " stereo"
        default: " \(layout.nb_channels) channels"
        }
    }

    private static func decimal(_ value: Int64, unit: Int64) -> String {
        let tenths = (value * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }
}
