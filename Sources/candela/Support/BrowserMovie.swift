import Gateway
import MediaIO

extension MovieMaker {
    /// Makes the movie with libavformat, on a thread of its own.
    static let remux = MovieMaker { sink in
        guard let remux = Remux(onOutput: { sink(MovieOutput($0)) }) else { return nil }
        return MovieRun(append: { remux.append($0) }, stop: { remux.stop() })
    }
}

extension MovieOutput {
    /// What the remuxer gives, in the gateway's words: the two do not know each other.
    init(_ output: RemuxOutput) {
        switch output {
        case .head(let head):
            self = .head(
                MovieHead(
                    bytes: head.bytes,
                    codecs: head.codecs,
                    width: head.size?.width,
                    height: head.size?.height,
                    omitted: head.omitted
                )
            )
        case .part(let part):
            self = .part(
                MoviePart(
                    bytes: part.bytes,
                    start: part.start,
                    duration: part.duration,
                    startsKeyFrame: part.startsKeyFrame
                )
            )
        case .unplayable(let reason): self = .unplayable(reason)
        }
    }
}
