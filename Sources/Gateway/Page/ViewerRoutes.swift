import Basics
import HTTPTypes
import HummingbirdCore
import NIOCore
import Telemetry

/// Answers what browsers and HLS players ask for: the page, the movie, the playlists.
struct ViewerRoutes: Sendable {
    /// How long a request waits for the first picture.
    static let patience = Duration.seconds(10)

    /// Makes the movie; nil where only the transport stream is served.
    let service: MovieService?
    /// What the page shows beside the movie.
    let board: PageBoard

    /// Answers one request and writes the response.
    @concurrent func respond(
        to target: RequestTarget,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        guard let service, ViewerRoutes.needsMovie(target.path) else {
            return try await send(page(target), request, writer)
        }
        let isOpen: @Sendable () -> Bool = { channel.isActive }
        if target.path == "/live.mp4", case .past(let age)? = LiveQuery.start(target) {
            // Whoever watches from the past may pause as long as there is a past.
            let patience = Patience(time: service.extent.limit)
            channel.triggerUserOutboundEvent(patience, promise: nil)
            guard let movie = service.beginShifted(from: age) else {
                let reply = ViewerReply.refusal(.serviceUnavailable, ViewerRoutes.crowd)
                return try await send(reply, request, writer)
            }
            defer { movie.stop() }
            // While no media flows nothing is written, so only this tells that it has gone.
            channel.closeFuture.whenComplete { _ in movie.stop() }
            let reply = await ViewerRoutes.past(movie, while: isOpen)
            return try await send(reply, request, writer, while: isOpen)
        }
        service.hold()
        defer { service.release() }
        let reply: ViewerReply
        if target.path == "/live.mp4" {
            reply = await movie(target, service, while: isOpen)
        } else {
            reply = await HlsRoutes(service: service).reply(to: target, while: isOpen)
        }
        try await send(reply, request, writer, service, while: isOpen)
    }

    /// Whether a request wants the movie to be made.
    private static func needsMovie(_ path: String) -> Bool {
        ["/live.mp4", "/live.m3u8", "/master.m3u8"].contains(path) || path.hasPrefix("/hls/")
    }

    private func page(_ target: RequestTarget) -> ViewerReply {
        if let asset = PageAssets.reply(target.path) { return asset }
        guard target.path == "/page.json" else { return .nothing }
        let movie = service?.movies.look { ($0.head?.movie, $0.trouble) }.0
        return .found(
            "application/json",
            ByteBuffer(bytes: board.encoded(movie: movie?.0, trouble: movie?.1, service?.extent))
        )
    }

    // MARK: The movie

    /// The movie from the newest key frame that is old enough; waits for the first one.
    @concurrent private func movie(
        _ target: RequestTarget,
        _ service: MovieService,
        while isOpen: @Sendable () -> Bool
    ) async -> ViewerReply {
        guard case .burst(let burst)? = LiveQuery.start(target) else {
            return .refusal(.badRequest, LiveQuery.help)
        }
        await service.settle()
        let deadline = ContinuousClock.now + ViewerRoutes.patience
        while isOpen(), ContinuousClock.now < deadline {
            let (reply, revision) = service.movies.look { ViewerRoutes.beginning($0, burst) }
            if let reply { return reply }
            await service.movies.news(since: revision)
        }
        return ViewerRoutes.tooEarly
    }

    /// The movie from the past, once its first fragment is there.
    @concurrent private static func past(
        _ movie: ShiftedMovie,
        while isOpen: @Sendable () -> Bool
    ) async -> ViewerReply {
        let deadline = ContinuousClock.now + patience
        while isOpen(), ContinuousClock.now < deadline {
            // What is made begins where it was asked for.
            let reply = movie.movies.look { beginning($0, LiveQuery.pastMax) }.0
            if case .movie(let codecs, let position)? = reply {
                return .past(movie, codecs: codecs, position: position)
            }
            if let reply { return reply }
            // Nobody else waits for this movie, and its first fragment comes at once.
            guard (try? await Task.sleep(for: .milliseconds(15))) != nil else { break }
        }
        return tooEarly
    }

    /// The movie from the newest key frame that is old enough, or why it cannot be had; nil when
    /// there is hope.
    private static func beginning(_ state: MovieState, _ burst: TimeSpan) -> ViewerReply? {
        if let trouble = state.trouble { return .refusal(.unsupportedMediaType, trouble) }
        if let position = state.start(burst: burst), let head = state.head {
            return .movie(codecs: head.movie.codecs, position: position)
        }
        return state.isEnded ? tooEarly : nil
    }

    private static let tooEarly = ViewerReply.refusal(
        .serviceUnavailable,
        "Nothing plays yet; try again in a moment."
    )
    private static let crowd = "Too many watch from the past already."

    // MARK: Sending

    @concurrent private func send(
        _ reply: ViewerReply,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        _ service: MovieService? = nil,
        while isOpen: @Sendable () -> Bool = { true }
    ) async throws {
        switch reply {
        case .whole(let status, let type, let body):
            var fields = ViewerReply.fields(type: type)
            fields[.contentLength] = String(body.readableBytes)
            if status == .serviceUnavailable { fields[.retryAfter] = "1" }
            let head = HTTPResponse(status: status, headerFields: fields)
            guard request.method == .get else { return try await writer.writeResponse(head) }
            try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
        case .movie(let codecs, let start):
            guard let service else { return }
            let flow = Flow(movies: service.movies, codecs: codecs, start: start)
            try await send(flow, request, writer, while: isOpen)
        case .past(let movie, let codecs, let start):
            let flow = Flow(movies: movie.movies, codecs: codecs, start: start, past: movie)
            try await send(flow, request, writer, while: isOpen)
        }
    }

    /// A movie on its way to one browser.
    private struct Flow {
        let movies: MovieHistory
        let codecs: String
        let start: MovieState.Position
        var past: ShiftedMovie?

        var fields: HTTPFields {
            var fields = ViewerReply.fields(type: "video/mp4; codecs=\"\(codecs)\"")
            if let past, let name = HTTPField.Name("Candela-Behind") {
                fields[name] = String((past.age.seconds * 1_000).rounded() / 1_000)
            }
            return fields
        }
    }

    @concurrent private func send(
        _ flow: Flow,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        while isOpen: @Sendable () -> Bool
    ) async throws {
        let head = HTTPResponse(status: .ok, headerFields: flow.fields)
        guard request.method == .get else { return try await writer.writeResponse(head) }
        var position = flow.start
        var body = try await writer.writeHead(head)
        streaming: while isOpen() {
            let (finding, revision) = flow.movies.look { $0.take(&position) }
            flow.past?.note(position)
            switch finding {
            case .buffers(let buffers):
                for buffer in buffers { try await body.write(buffer) }
            case .nothing: await flow.movies.news(since: revision)
            case .end: break streaming
            }
        }
        try await body.finish(nil)
    }
}
