import Basics
import HTTPTypes
import NIOCore

/// Answers the requests of HLS players: playlists with blocking reload, headers, segments, parts.
struct HlsRoutes: Sendable {
    /// What can be asked for below `/hls/`.
    enum Resource: Equatable {
        /// A header: `3.mp4`.
        case head(Int)
        /// A segment: `17.m4s`.
        case segment(Int)
        /// A part of a segment: `17.2.m4s`.
        case part(Int, Int)

        /// Parses a name; nil for everything that is not exactly one.
        init?(_ name: Substring) {
            let words = name.split(separator: ".", omittingEmptySubsequences: false)
            let numbers = words.dropLast().map { HlsRoutes.number($0) }
            guard let suffix = words.last, !numbers.contains(nil) else { return nil }
            let known = numbers.compactMap { $0 }
            switch (suffix, known.count) {
            case ("mp4", 1): self = .head(known[0])
            case ("m4s", 1): self = .segment(known[0])
            case ("m4s", 2): self = .part(known[0], known[1])
            default: return nil
            }
        }
    }

    private static let playlistType = "application/vnd.apple.mpegurl"
    private static let movieType = "video/mp4"

    /// Makes the movie.
    let service: MovieService

    /// Answers one request; waits, within bounds, for what is announced but not there yet.
    @concurrent func reply(
        to target: RequestTarget,
        while isOpen: @Sendable () -> Bool
    ) async -> ViewerReply {
        switch target.path {
        case "/live.m3u8": return await playlist(target, while: isOpen)
        case "/master.m3u8":
            return await wait(for: ViewerRoutes.patience, while: isOpen) { HlsRoutes.master($0) }
                ?? HlsRoutes.late
        default:
            guard target.path.hasPrefix("/hls/"), let resource = Resource(target.path.dropFirst(5))
            else { return .nothing }
            return await wait(for: HlsRoutes.patience, while: isOpen) { $0.reply(to: resource) }
                ?? HlsRoutes.late
        }
    }

    // MARK: Playlists

    @concurrent private func playlist(
        _ target: RequestTarget,
        while isOpen: @Sendable () -> Bool
    ) async -> ViewerReply {
        guard let wanted = Reload(target) else {
            return .refusal(.badRequest, "_HLS_msn and _HLS_part are numbers, the first one alone.")
        }
        await service.settle()
        let first = await wait(for: ViewerRoutes.patience, while: isOpen) { state in
            HlsRoutes.media(&state)
        }
        guard let first, case .whole(.ok, _, _) = first, let segment = wanted.segment else {
            return first ?? HlsRoutes.late
        }
        // More than two segments ahead cannot be meant (section 6.2.5.2).
        let newest = service.movies.look { $0.index.newest?.segment ?? 0 }.0
        guard segment <= newest + 2 else {
            return .refusal(.badRequest, "That segment is too far in the future.")
        }
        let found = await wait(for: HlsRoutes.patience, while: isOpen) { state -> ViewerReply? in
            guard state.isEnded || state.index.has(segment, part: wanted.part) else { return nil }
            return HlsRoutes.media(&state)
        }
        return found ?? HlsRoutes.late
    }

    private static func media(_ state: inout MovieState) -> ViewerReply? {
        if let trouble = state.trouble { return .refusal(.unsupportedMediaType, trouble) }
        guard state.hasParts else { return state.isEnded ? late : nil }
        let text = state.playlist()
        return text.map { .found(playlistType, ByteBuffer(string: $0)) }
    }

    private static func master(_ state: MovieState) -> ViewerReply? {
        if let trouble = state.trouble { return .refusal(.unsupportedMediaType, trouble) }
        guard state.hasParts, let head = state.head else { return state.isEnded ? late : nil }
        let text = HlsPlaylist.master(head.movie, bitsPerSecond: state.bitsPerSecondMax)
        return .found(playlistType, ByteBuffer(string: text))
    }

    /// Looks again with each news until there is an answer; nil when there is none in time.
    @concurrent private func wait(
        for span: Duration,
        while isOpen: @Sendable () -> Bool,
        _ look: @Sendable (inout MovieState) -> ViewerReply?
    ) async -> ViewerReply? {
        let deadline = ContinuousClock.now + span
        while true {
            let (reply, revision) = service.movies.look(look)
            if let reply { return reply }
            guard isOpen(), ContinuousClock.now < deadline else { return nil }
            await service.movies.news(since: revision)
        }
    }

    /// A blocked request is given up after three target durations of at most 8 s (section 6.2.5.2).
    private static let patience = Duration.seconds(24)
    private static let late = ViewerReply.refusal(.serviceUnavailable, "Nothing plays at present.")

    /// A number without sign and superfluous zeros, below a thousand million.
    fileprivate static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.first != "0"
        else { return nil }
        return Int(text)
    }
}

extension HlsRoutes {
    /// What a playlist must hold before it is sent: the directives of a blocking reload.
    struct Reload: Equatable {
        /// The segment; nil for a playlist at once.
        var segment: Int?
        /// The part of it; nil for all of it.
        var part: Int?

        /// Reads a query; nil when its directives are not as they must be.
        ///
        /// What else is in it is ignored.
        init?(_ target: RequestTarget) {
            func value(_ name: String) -> Int?? {
                let values = target.query.filter { $0.name == name }.map(\.value)
                guard let first = values.first else { return .some(nil) }
                guard values.count == 1, let number = HlsRoutes.number(first) else { return nil }
                return number
            }
            guard let segment = value("_HLS_msn"), let part = value("_HLS_part"),
                segment != nil || part == nil
            else { return nil }
            self.segment = segment
            self.part = part
        }
    }
}

extension HlsIndex {
    /// Whether a part has come, or, without a part, whether a segment is complete.
    ///
    /// A part beyond the end of its segment counts as the first of the next one (section 6.2.5.2).
    func has(_ number: Int, part: Int?) -> Bool {
        guard let last = segments.last else { return false }
        guard number == last.number else { return number < last.number }
        return last.isComplete && part == nil || part.map { $0 < last.parts.count } ?? false
    }
}

extension MovieState {
    /// Whether there is something to play.
    var hasParts: Bool { index.segments.contains { !$0.parts.isEmpty } }

    /// The media playlist as it is now; its target duration is fixed by this.
    mutating func playlist() -> String? {
        let target = fixTarget()
        return HlsPlaylist.media(index, target: target, isEnded ? .ended : .live)
    }

    /// The highest rate of a segment, or what there is so far.
    var bitsPerSecondMax: Int {
        let rates = index.segments.compactMap { segment -> Double? in
            let size = bytes(of: segment.numbers)?.reduce(0) { $0 + $1.readableBytes }
            guard let size, segment.duration > .milliseconds(100) else { return nil }
            return Double(8 * size) / segment.duration.seconds
        }
        return Int(rates.max() ?? 1_000_000)
    }

    /// What is asked for; nil while it is announced and not there yet.
    func reply(to resource: HlsRoutes.Resource) -> ViewerReply? {
        switch resource {
        case .head(let number):
            let head = heads.first { $0.number == number }
            return head.map { .found("video/mp4", $0.buffer) } ?? .nothing
        case .segment(let number):
            guard let segment = index.segments.first(where: { $0.number == number }),
                segment.isComplete
            else { return .nothing }
            return found(segment.numbers)
        case .part(let number, let part):
            if let segment = index.segments.first(where: { $0.number == number }) {
                if part < segment.parts.count { return found(segment.parts[part].numbers) }
                let isNext = part == segment.parts.count && !segment.isComplete && !isEnded
                return isNext ? nil : .nothing
            }
            let isNext = part == 0 && number == (index.newest?.segment ?? -1) + 1 && !isEnded
            return isNext ? nil : .nothing
        }
    }

    private func found(_ numbers: Range<Int>) -> ViewerReply {
        guard let buffers = bytes(of: numbers) else { return .nothing }
        var whole = ByteBuffer()
        whole.reserveCapacity(buffers.reduce(0) { $0 + $1.readableBytes })
        for buffer in buffers { whole.writeImmutableBuffer(buffer) }
        return .found("video/mp4", whole)
    }
}
