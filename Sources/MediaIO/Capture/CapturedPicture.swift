import CFFmpeg

/// Encodes captured pictures as H.264, at a constant speed.
final class CapturedPicture {
    /// What encodes, and tells a muxer what it needs to know.
    let encoder: Encoder
    private let format: PatternFormat
    private var scaler: OpaquePointer?
    private var lastNumber = Int64(-1)

    /// Opens an encoder for pictures of a format; others are scaled to it.
    init(_ format: PatternFormat) throws(IngestError) {
        self.format = format
        encoder = try Encoder.video(format)
    }

    deinit { sws_freeContext(scaler) }

    /// Encodes the picture shown at a time in nanoseconds; none when its place is taken already.
    func encode(
        _ picture: UnsafeMutablePointer<AVFrame>,
        at time: Int64
    ) throws(IngestError) -> [AccessUnit] {
        let number = time * Int64(format.framesPerSecond) / 1_000_000_000
        guard number > lastNumber, number < Int64(Int32.max) else { return [] }
        lastNumber = number
        // sws_getCachedContext makes a new scaler only when the pictures change.
        scaler = sws_getCachedContext(
            scaler,
            picture.pointee.width,
            picture.pointee.height,
            AVPixelFormat(rawValue: picture.pointee.format),
            Int32(format.width),
            Int32(format.height),
            AV_PIX_FMT_YUV420P,
            SWS_BILINEAR,
            nil,
            nil,
            nil
        )
        guard let scaler, encoder.prepareFrame(),
            sws_scale_frame(scaler, encoder.frame, picture) >= 0
        else {
            throw IngestError(.unsupportedCodec, "the camera's pictures cannot be converted")
        }
        return try encoder.encode(at: number)
    }
}
