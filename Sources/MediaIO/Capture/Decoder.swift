import CFFmpeg

/// A decoder of libavcodec: access units in, frames out.
final class Decoder {
    private var context: UnsafeMutablePointer<AVCodecContext>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private let timeBase: AVRational

    /// Opens a decoder for a stream.
    init(_ stream: UnsafeMutablePointer<AVStream>, name: String) throws(IngestError) {
        timeBase = stream.pointee.time_base
        let parameters = stream.pointee.codecpar
        let codec = parameters?.pointee.codec_id ?? AV_CODEC_ID_NONE
        context = avcodec_alloc_context3(avcodec_find_decoder(codec))
        frame = av_frame_alloc()
        guard let context, frame != nil,
            avcodec_parameters_to_context(context, parameters) >= 0,
            avcodec_open2(context, nil, nil) >= 0
        else {
            throw IngestError(
                .unsupportedCodec,
                "\(name): \(Codecs.name(of: codec)) cannot be decoded; choose another format"
            )
        }
    }

    deinit {
        avcodec_free_context(&context)
        av_frame_free(&frame)
    }

    /// Decodes a unit; hands over each frame with its time in nanoseconds, which is nil when unknown.
    ///
    /// A unit that cannot be decoded is left out.
    func decode(
        _ unit: AccessUnit,
        _ body: (UnsafeMutablePointer<AVFrame>, Int64?) throws(IngestError) -> Void
    ) throws(IngestError) {
        guard let frame, avcodec_send_packet(context, unit.packet) >= 0 else { return }
        let nanoseconds = AVRational(num: 1, den: 1_000_000_000)
        while avcodec_receive_frame(context, frame) >= 0 {
            let time = frame.pointee.best_effort_timestamp
            let isKnown = time != candela_av_no_time
            try body(frame, isKnown ? av_rescale_q(time, timeBase, nanoseconds) : nil)
        }
    }
}
