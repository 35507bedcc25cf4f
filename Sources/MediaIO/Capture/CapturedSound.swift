import Basics
import CFFmpeg

/// Encodes captured sound as AAC, 48 kHz stereo.
final class CapturedSound {
    private static let rate: Int64 = 48_000

    /// What encodes, and tells a muxer what it needs to know.
    let encoder: Encoder
    private var resampler: OpaquePointer?
    private var sampleCount: Int64?

    /// Opens an encoder.
    init() throws(IngestError) {
        encoder = try Encoder.audio(rate: PatternFormat.rateAudio.bitsPerSecond)
    }

    deinit { swr_free(&resampler) }

    /// Encodes sound whose first sample is heard at a time in nanoseconds.
    ///
    /// The first call sets the place; from then on every sample follows the one before.
    func encode(
        _ sound: UnsafeMutablePointer<AVFrame>,
        at time: Int64
    ) throws(IngestError) -> [AccessUnit] {
        try open(for: sound)
        var number = sampleCount ?? time * CapturedSound.rate / 1_000_000_000
        guard swr_convert_frame(resampler, nil, sound) >= 0 else { throw CapturedSound.failure }
        var units: [AccessUnit] = []
        let length = Int64(encoder.context.pointee.frame_size)
        // The resampler keeps what does not fill a frame.
        while length > 0, swr_get_delay(resampler, CapturedSound.rate) >= length {
            encoder.frame.pointee.nb_samples = Int32(length)
            guard encoder.prepareFrame(), swr_convert_frame(resampler, encoder.frame, nil) >= 0
            else { throw CapturedSound.failure }
            units += try encoder.encode(at: number)
            number += length
        }
        sampleCount = number
        return units
    }

    private func open(for sound: UnsafeMutablePointer<AVFrame>) throws(IngestError) {
        guard resampler == nil else { return }
        guard
            swr_alloc_set_opts2(
                &resampler,
                &encoder.context.pointee.ch_layout,
                AV_SAMPLE_FMT_FLTP,
                Int32(CapturedSound.rate),
                &sound.pointee.ch_layout,
                AVSampleFormat(rawValue: sound.pointee.format),
                sound.pointee.sample_rate,
                0,
                nil
            ) >= 0, swr_init(resampler) >= 0
        else { throw CapturedSound.failure }
    }

    private static let failure = IngestError(
        .unsupportedCodec,
        "the captured sound cannot be converted to 48 kHz stereo"
    )
}
