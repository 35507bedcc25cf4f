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
            ByteBuffer(bytes: board.encoded(movie: movie?.0, trouble: movie?.1))
        )
    }

    // MARK: The movie

    /// The movie from the newest key frame that is old enough; waits for the first one.
    @concurrent private func movie(
        _ target: RequestTarget,
        _ service: MovieService,
        while isOpen: @Sendable () -> Bool
    ) async -> ViewerReply {
        guard let burst = LiveQuery.burst(target) else {
            return .refusal(.badRequest, LiveQuery.help)
        }
        await service.settle()
        let deadline = ContinuousClock.now + ViewerRoutes.patience
        while isOpen(), ContinuousClock.now < deadline {
            let (found, revision) = service.movies.look { state in
                (state.start(burst: burst), state.head, state.trouble, state.isEnded)
            }
            if let trouble = found.2 { return .refusal(.unsupportedMediaType, trouble) }
            if let position = found.0, let head = found.1 {
                return .movie(codecs: head.movie.codecs, position: position)
            }
            guard !found.3 else { break }
            await service.movies.news(since: revision)
        }
        return .refusal(.serviceUnavailable, "Nothing plays yet; try again in a moment.")
    }

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
            let fields = ViewerReply.fields(type: "video/mp4; codecs=\"\(codecs)\"")
            let head = HTTPResponse(status: .ok, headerFields: fields)
            guard request.method == .get, let service else {
                return try await writer.writeResponse(head)
            }
            var position = start
            var body = try await writer.writeHead(head)
            streaming: while isOpen() {
                let (finding, revision) = service.movies.look { $0.take(&position) }
                switch finding {
                case .buffers(let buffers):
                    for buffer in buffers { try await body.write(buffer) }
                case .nothing: await service.movies.news(since: revision)
                case .end: break streaming
                }
            }
            try await body.finish(nil)
        }
    }
}
