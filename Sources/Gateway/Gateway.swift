import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// The local HTTP server that hands the live stream to players.
///
/// It listens on this host only, unless a token keeps strangers out. It serves GET and HEAD alone;
/// what it has is in `RootRoutes`, `GatewayRoutes` and `ViewerRoutes`.
public final class Gateway: Sendable {
    /// How long open responses get to end when the gateway stops.
    private static let farewellTime = Duration.milliseconds(500)

    /// The port it listens on.
    public let port: Int
    /// The folder under which everything is, such as `http://127.0.0.1:8090/`.
    ///
    /// Where it listens on all addresses, this names the first one that others may reach.
    public let url: String
    /// The same folder as this machine reaches it.
    public let localURL: String

    private let listener: any Channel
    private let connections: Connections
    private let serving: Task<Void, Never>
    private let movies: [MovieService]

    private init(_ running: Running, host: String, token: AccessToken?) {
        let port = running.listener.localAddress?.port ?? 0
        let path = token.map { "\($0.text)/" } ?? ""
        func folder(_ host: String) -> String {
            "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(path)"
        }
        let isOpen = ["0.0.0.0", "::"].contains(host)
        let near = isOpen ? "127.0.0.1" : host
        self.port = port
        url = folder(isOpen ? Gateway.ownAddress ?? near : host)
        localURL = folder(near)
        listener = running.listener
        connections = running.connections
        serving = running.serving
        movies = running.movies
    }

    /// Starts a gateway.
    ///
    /// It is bound when this returns, and runs until `stop`.
    ///
    /// - Throws: `badAddress`, `portTaken`, `notPermitted` or `io`.
    public static func start(
        _ configuration: GatewayConfiguration
    ) async throws(GatewayError) -> Gateway {
        let (host, audience) = try configuration.binding()
        for port in configuration.candidatePorts {
            let place = Place(host: host, port: port, audience: audience)
            do throws(GatewayError) {
                let running = try await run(configuration, place)
                return Gateway(running, host: host, token: configuration.token)
            } catch {
                guard error.code == .portTaken else { throw error }
            }
        }
        throw taken(configuration, host: host)
    }

    /// Waits until no response is under way, but no longer than a time.
    ///
    /// At the end of a stream players so get all of it, however slowly they read.
    public func drain(within time: Duration) async {
        let deadline = ContinuousClock.now + time
        while connections.servedCount > 0, ContinuousClock.now < deadline {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// Ends all responses and closes all connections.
    ///
    /// The port is free again when this returns.
    public func stop() async {
        listener.close(promise: nil)
        try? await listener.closeFuture.get()
        for movie in movies { await movie.stop() }
        // Cancelled readers end, and with them the responses; a client that does not read its
        // response gets no more than the farewell time.
        serving.cancel()
        await withTaskGroup { group in
            group.addTask { [serving] in await serving.value }
            group.addTask { [connections] in
                try? await Task.sleep(for: Gateway.farewellTime)
                connections.closeAll()
            }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Private

    private struct Place {
        let host: String
        let port: Int
        let audience: Audience
    }

    /// The first address of this machine that is not loopback, IPv4 before IPv6.
    private static var ownAddress: String? {
        let addresses = ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
        return addresses.filter { $0.protocol == .inet }.compactMap(\.ipAddress)
            .first { !$0.hasPrefix("127.") }
    }

    private struct Running {
        let listener: any Channel
        let connections: Connections
        let serving: Task<Void, Never>
        let movies: [MovieService]
    }

    /// Runs a server on a port and waits until it is bound.
    private static func run(
        _ configuration: GatewayConfiguration,
        _ place: Place
    ) async throws(GatewayError) -> Running {
        let movies = configuration.channels.map { channel in
            channel.movieMaker.map { MovieService(history: channel.history, maker: $0) }
        }
        let connections = Connections(limits: configuration.limits)
        let metrics = GatewayMetrics(tally: GatewayTally(), connections: connections)
        let (bound, report) = AsyncStream.makeStream(of: Result<any Channel, any Error>.self)
        let server = Server(
            childChannelSetup: GuardedChannel(
                base: HTTP1Channel(responder: responder(configuration, metrics, movies)),
                shared: GuardSetup(
                    limits: configuration.limits,
                    audience: place.audience,
                    connections: connections,
                    tally: metrics.tally
                )
            ),
            configuration: ServerConfiguration(address: .hostname(place.host, port: place.port)),
            onServerRunning: { report.yield(.success($0)) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: configuration.logger ?? Gateway.logger
        )
        let serving = Task {
            do { try await server.run() } catch { report.yield(.failure(error)) }
            report.finish()
        }
        switch await bound.first(where: { _ in true }) {
        case .success(let listener):
            return Running(
                listener: listener,
                connections: connections,
                serving: serving,
                movies: movies.compactMap(\.self)
            )
        case .failure(let error):
            throw failure(error, host: place.host, port: place.port)
        case nil:
            serving.cancel()
            await serving.value
            throw GatewayError(.io, "Starting the gateway was cancelled.")
        }
    }

    private static func responder(
        _ configuration: GatewayConfiguration,
        _ metrics: GatewayMetrics,
        _ movies: [MovieService?]
    ) -> HTTPChannelHandler.Responder {
        let routes = RootRoutes(configuration, metrics, movies)
        return { request, writer, channel in
            try await routes.respond(to: request.head, writer, on: channel)
            channel.triggerUserOutboundEvent(ResponseEnded(), promise: nil)
        }
    }

    /// Standard output belongs to the one line that `join` and `broadcast` print.
    private static var logger: Logger {
        var logger = Logger(label: "candela.gateway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    private static func failure(
        _ error: any Error,
        host: String,
        port: Int
    ) -> GatewayError {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            GatewayError(.portTaken, "Port \(port) is taken.")
        case EACCES, EPERM:
            GatewayError(
                .notPermitted,
                "The system does not allow listening on \(host):\(port); use a port from 1024 on."
            )
        default:
            GatewayError(.io, "The gateway cannot listen on \(host):\(port): \(error)")
        }
    }

    private static func taken(_ configuration: GatewayConfiguration, host: String) -> GatewayError {
        let ports = configuration.candidatePorts
        guard let first = ports.first, let last = ports.last, first < last else {
            return GatewayError(
                .portTaken,
                "Another program holds port \(configuration.port) of \(host): "
                    + "stop it or choose another with --http HOST:PORT."
            )
        }
        return GatewayError(
            .portTaken,
            "All ports of \(host) from \(first) to \(last) are taken: "
                + "choose another with --http HOST:PORT."
        )
    }
}
