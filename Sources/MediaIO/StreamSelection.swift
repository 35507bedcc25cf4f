import CFFmpeg

/// The streams of a container that go into the programme.
///
/// They are the main picture and every sound track that MPEG-TS can carry. Subtitles, covers and
/// data are left out.
struct StreamSelection {
    /// A container with more sound tracks is cut to so many.
    private static let soundCountMax = 8

    /// The chosen streams, picture first, in the order of the programme.
    let streams: [UnsafeMutablePointer<AVStream>]
    /// The place in the programme of the container's streams; nil for those left out.
    let places: [Int?]

    /// Chooses the streams.
    /// - Throws: `.unsupportedCodec` when the main picture or all sound cannot be carried,
    ///   `.notMedia` when there is neither.
    init(_ demuxer: Demuxer, name: String) throws(IngestError) {
        let all = demuxer.streams
        var chosen: [Int] = []
        if let picture = demuxer.bestStream(AVMEDIA_TYPE_VIDEO), all.indices.contains(picture),
            all[picture].pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        {
            try StreamSelection.check([all[picture]], name)
            chosen.append(picture)
        }
        let sounds = all.indices.filter {
            all[$0].pointee.codecpar?.pointee.codec_type == AVMEDIA_TYPE_AUDIO
        }
        try StreamSelection.check(sounds.map { all[$0] }, name)
        let carried = sounds.filter { Codecs.isSupported(StreamSelection.codec(of: all[$0])) }
        chosen += carried.prefix(StreamSelection.soundCountMax)
        guard !chosen.isEmpty else {
            throw IngestError(
                .notMedia,
                "\(name): holds neither picture nor sound; give a media file"
            )
        }
        streams = chosen.map { all[$0] }
        places = all.indices.map { chosen.firstIndex(of: $0) }
    }

    /// The streams in words.
    var description: String { streams.map(Codecs.describe).joined(separator: ", ") }

    /// What the container says about the streams' timing.
    ///
    /// Matroska, for one, leaves out the first decoding times of a stream with B-frames.
    var timing: [Timeline.Stream] {
        let ticks = AVRational(num: 1, den: 90_000)
        return streams.map { stream in
            let rate = stream.pointee.avg_frame_rate
            guard rate.num > 0, rate.den > 0, let parameters = stream.pointee.codecpar else {
                return Timeline.Stream()
            }
            let duration = av_rescale_q(1, AVRational(num: rate.den, den: rate.num), ticks)
            let depth = Int64(max(0, min(16, parameters.pointee.video_delay)))
            return Timeline.Stream(duration: duration, delay: depth * duration)
        }
    }

    /// Throws when there are streams, but none that can be carried.
    private static func check(
        _ streams: [UnsafeMutablePointer<AVStream>],
        _ name: String
    ) throws(IngestError) {
        guard let first = streams.first,
            !streams.contains(where: { Codecs.isSupported(codec(of: $0)) })
        else { return }
        let called = Codecs.name(of: codec(of: first))
        let cure =
            name.contains("://")
            ? "set the encoder to H.264 and AAC"
            : "convert it with: ffmpeg -i \(name) -c:v libx264 -c:a aac out.mp4"
        throw IngestError(
            .unsupportedCodec,
            "\(name): \(called) cannot be sent as MPEG-TS; \(cure)"
        )
    }

    private static func codec(of stream: UnsafeMutablePointer<AVStream>) -> AVCodecID {
        stream.pointee.codecpar?.pointee.codec_id ?? AV_CODEC_ID_NONE
    }
}
