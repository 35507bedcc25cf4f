import Basics
import HTTPTypes
import HummingbirdCore
import NIOCore
import Telemetry

/// Answers the requests that the `RequestGuard` lets through.
struct GatewayRoutes: Sendable {
    /// The channel to serve.
    let channel: GatewayChannel
    /// Where slow players are counted.
    let tally: GatewayTally
    /// Answers browsers and HLS players.
    let viewer: ViewerRoutes

    /// Answers one request and writes the response.
    @concurrent func respond(
        to request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        let target = RequestTarget(request.path ?? "")
        if let renditions = self.channel.renditions, !renditions.heed(target) {
            let page = Page(status: .badRequest, text: renditions.help)
            return try await send(page, request, writer)
        }
        switch target.path {
        case "/live.ts":
            try await serveLive(target, request, writer, on: channel)
        case "/status.json":
            let json = SnapshotJSON.encode(self.channel.snapshot()) + [UInt8(ascii: "\n")]
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
        guard let start = LiveQuery.start(target) else {
            let page = Page(status: .badRequest, text: LiveQuery.help)
            return try await send(page, request, writer)
        }
        let head = HTTPResponse(status: .ok, headerFields: Page.fields(type: "video/mp2t"))
        guard request.method == .get else { return try await writer.writeResponse(head) }
        let reader = attach(start, on: channel)
        defer { reader.detach() }
        // While no media flows nothing is written, so only this tells that the player has gone.
        channel.closeFuture.whenComplete { _ in reader.detach() }
        var body = try await writer.writeHead(head)
        while let buffer = await reader.nextBuffer() { try await body.write(buffer) }
        try await body.finish(nil)
    }

    /// Attaches a player where it wants to start.
    private func attach(_ start: LiveQuery.Start, on channel: any Channel) -> LiveReader {
        let history = self.channel.history
        switch start {
        case .burst(let burst):
            return history.attach(burst: burst) { [tally] in
                tally.noteSkipped()
                channel.triggerUserOutboundEvent(ReaderFellBehind(), promise: nil)
            }
        case .past(let age):
            // Whoever watches from the past may pause as long as there is a past.
            let patience = Patience(time: history.extent.limit)
            channel.triggerUserOutboundEvent(patience, promise: nil)
            return history.attach(from: age)
        }
    }

    @concurrent private func send(
        _ page: Page,
        _ request: HTTPRequest,
        _ writer: consuming ResponseWriter
    ) async throws {
        var fields = Page.fields(type: page.type)
        var content = page.body
        if page.type == "application/json" {
            fields[.vary] = "Accept-Encoding"
            if Gzip.isAccepted(by: request), let packed = Gzip.packed(content) {
                fields[.contentEncoding] = "gzip"
                content = packed
            }
        }
        fields[.contentLength] = String(content.count)
        let head = HTTPResponse(status: page.status, headerFields: fields)
        guard request.method == .get else { return try await writer.writeResponse(head) }
        let body = ResponseBody(byteBuffer: ByteBuffer(bytes: content))
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
