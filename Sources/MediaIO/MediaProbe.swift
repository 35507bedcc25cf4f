import Basics
import CFFmpeg

/// What libavformat can say about a file that is passed through untouched.
struct MediaProbe {
    /// Streams and rate in words.
    let description: String
    /// The file's mean rate; nil when unknown.
    let rate: BitRate?

    /// Looks into a file; nil when libavformat cannot.
    ///
    /// The file's position is lost.
    static func probe(_ source: ByteSource) -> MediaProbe? {
        _ = source.seek(to: 0)
        guard let demuxer = try? Demuxer.open(source) else { return nil }
        let picked = [AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO].compactMap(demuxer.bestStream)
        let streams = demuxer.streams
        let names = picked.filter { streams.indices.contains($0) }.map {
            Codecs.describe(streams[$0])
        }
        guard !names.isEmpty else { return nil }
        let rate = demuxer.rate
        let words = names + (rate.map { [Codecs.describe($0)] } ?? [])
        return MediaProbe(description: words.joined(separator: ", "), rate: rate)
    }
}
