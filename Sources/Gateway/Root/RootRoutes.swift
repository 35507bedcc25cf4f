import HTTPTypes
import HummingbirdCore
import NIOCore

/// Finds what a request is about: the node as a whole, or one of its channels.
///
/// The token comes off the path first, then the channel's folder; what a channel is asked for is
/// always seen as if the channel were alone.
struct RootRoutes: Sendable {
    /// A channel and what answers for it.
    private struct Served {
        let channel: GatewayChannel
        let routes: GatewayRoutes
    }

    private let token: AccessToken?
    /// The path of the node, with a slash at both ends.
    private let root: String
    private let served: [Served]
    private let channels: [GatewayChannel]
    private let metrics: GatewayMetrics

    init(
        _ configuration: GatewayConfiguration,
        _ metrics: GatewayMetrics,
        _ movies: [MovieService?]
    ) {
        token = configuration.token
        channels = configuration.channels
        self.metrics = metrics
        let root = "/" + (configuration.token.map { $0.text + "/" } ?? "")
        self.root = root
        served = zip(configuration.channels, movies).map { channel, movie in
            let board = PageBoard(
                snapshot: channel.snapshot,
                why: channel.why,
                renditions: channel.renditions
            )
            let viewer = ViewerRoutes(service: movie, board: board)
            let routes = GatewayRoutes(channel: channel, tally: metrics.tally, viewer: viewer)
            return Served(channel: channel, routes: routes)
        }
    }

    /// Answers one request and writes the response.
    @concurrent func respond(
        to request: HTTPRequest,
        _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        let target = request.path ?? ""
        guard let inner = token.map({ $0.strip(target) }) ?? target else {
            return try await Reply.nothing.send(to: request, writer)
        }
        let base = "http://\(request.authority ?? "")\(root)"
        if let reply = answer(RequestTarget(inner).path, base) {
            return try await reply.send(to: request, writer)
        }
        guard let (found, path) = self.channel(of: inner) else {
            return try await Reply.nothing.send(to: request, writer)
        }
        var request = request
        request.path = path
        if let reply = answer(RequestTarget(path).path, of: found.channel) {
            return try await reply.send(to: request, writer)
        }
        try await found.routes.respond(to: request, writer, on: channel)
    }

    // MARK: Private

    /// What the node as a whole has at a path.
    private func answer(_ path: String, _ base: String) -> Reply? {
        let lists = ChannelLists(channels: channels, base: base)
        switch path {
        case "/metrics":
            return Reply(type: MetricsText.type, body: Array(metrics.text(channels).utf8))
        case "/healthz": return Health.reply(channels)
        case "/list.m3u":
            return Reply(type: "audio/x-mpegurl", body: Array(lists.playlist.utf8))
        case "/guide.xml":
            return Reply(
                type: "application/xml; charset=utf-8",
                body: Array(lists.guide(now: WallClock.now).utf8)
            )
        case "/" where channels.count > 1:
            return Reply(type: "text/plain; charset=utf-8", text: lists.index)
        default: return nil
        }
    }

    /// What a channel has at a path, beside its streams.
    private func answer(_ path: String, of channel: GatewayChannel) -> Reply? {
        switch path {
        case "/poster.jpg": return RootRoutes.poster(channel)
        case "/timeshift.json":
            return Reply(type: "application/json", body: Array(channel.history.extent.json.utf8))
        default: return nil
        }
    }

    private static func poster(_ channel: GatewayChannel) -> Reply {
        guard let poster = channel.poster else {
            return Reply(.notFound, text: "This node makes no pictures of its streams.\n")
        }
        guard let picture = poster() else {
            var reply = Reply(.serviceUnavailable, text: "No key frame has come yet.\n")
            reply.retryAfter = 2
            return reply
        }
        return Reply(type: "image/jpeg", body: picture)
    }

    /// The channel that a target is in, and the target as that channel sees it.
    private func channel(of target: String) -> (Served, String)? {
        if served.count == 1 { return served.first.map { ($0, target) } }
        let parts = target.dropFirst().split(
            separator: "/",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let found = served.first(where: { $0.channel.folder == parts[0] })
        else { return nil }
        return (found, "/" + parts[1])
    }
}
