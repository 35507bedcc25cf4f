import Basics
import HTTPTypes
import HummingbirdCore
import NIOCore
import Telemetry

/// Answers the requests that the `RequestGuard` lets through.
struct GatewayRoutes: Sendable {
    /// The stream to serve.
    let history: LiveHistory
    /// Gives the present state of the swarm.
    let snapshot: @Sendable () -> SwarmSnapshot
    /// Answers browsers and HLS players.
    let viewer: ViewerRoutes

    /// Answers one request and writes the response.
    @concurrent func respond(
        to request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        let target = RequestTarget(request.path ?? "")
        switch target.path {
        case "/live.ts":
            try await serveLive(target, request, writer, on: channel)
        case "/status.json":
            let json = SnapshotJSON.encode(snapshot()) + [UInt8(ascii: "\n")]
            let page = Page(type: "application/json", body: json)
            try await send(page, request, writer)
        default:
            try await viewer.respond(to: target, request, writer, on: channel)
        }
    }

    @concurrent private func serveLive(
        _ target: RequestTarget,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        guard let burst = LiveQuery.burst(target) else {
            let page = Page(status: .badRequest, text: LiveQuery.help)
            return try await send(page, request, writer)
        }
        let head = HTTPResponse(status: .ok, headerFields: Page.fields(type: "video/mp2t"))
        guard request.method == .get else { return try await writer.writeResponse(head) }
        let reader = history.attach(burst: burst)
        defer { reader.detach() }
        // While no media flows nothing is written, so only this tells that the player has gone.
        channel.closeFuture.whenComplete { _ in reader.detach() }
        var body = try await writer.writeHead(head)
        while let buffer = await reader.nextBuffer() { try await body.write(buffer) }
        try await body.finish(nil)
    }

    @concurrent private func send(
        _ page: Page,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter
    ) async throws {
        var fields = Page.fields(type: page.type)
        fields[.contentLength] = String(page.body.count)
        let head = HTTPResponse(status: page.status, headerFields: fields)
        guard request.method == .get else { return try await writer.writeResponse(head) }
        let body = ResponseBody(byteBuffer: ByteBuffer(bytes: page.body))
        try await writer.write(response: head, body: body)
    }
}

/// A response that is there as a whole.
private struct Page {
    var status = HTTPResponse.Status.ok
    var type = "text/plain; charset=utf-8"
    var body: [UInt8]

    init(type: String, body: [UInt8]) {
        self.type = type
        self.body = body
    }

    init(status: HTTPResponse.Status = .ok, text: String) {
        self.status = status
        body = Array(text.utf8)
    }

    /// The header fields of every response.
    static func fields(type: String) -> HTTPFields {
        [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
    }
}
