import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// The local HTTP server that hands the live stream to players.
///
/// It listens on this host only. It serves the page at `/` with `/live.mp4`, HLS at `/live.m3u8`,
/// `/live.ts` and `/status.json`, to GET and HEAD.
public final class Gateway: Sendable {
    /// How long open responses get to end when the gateway stops.
    private static let farewellTime = Duration.milliseconds(500)

    /// The port it listens on.
    public let port: Int
    /// The folder under which everything is, such as `http://127.0.0.1:8090/`.
    public let url: String

    private let listener: any Channel
    private let connections: Connections
    private let serving: Task<Void, Never>
    private let movies: MovieService?

    private init(_ running: Running, host: String) {
        port = running.listener.localAddress?.port ?? 0
        url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/"
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
        guard let host = configuration.bindHost, !configuration.candidatePorts.isEmpty else {
            throw GatewayError(
                .badAddress,
                "The gateway cannot listen on \(configuration.host):\(configuration.port); "
                    + "use 127.0.0.1, ::1 or localhost and a port from 0 to 65535."
            )
        }
        for port in configuration.candidatePorts {
            do throws(GatewayError) {
                return Gateway(try await run(configuration, host: host, port: port), host: host)
            } catch {
                guard error.code == .portTaken else { throw error }
            }
        }
        throw taken(configuration, host: host)
    }

    /// Ends all responses and closes all connections.
    ///
    /// The port is free again when this returns.
    public func stop() async {
        listener.close(promise: nil)
        try? await listener.closeFuture.get()
        await movies?.stop()
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

    private struct Running {
        let listener: any Channel
        let connections: Connections
        let serving: Task<Void, Never>
        let movies: MovieService?
    }

    /// Runs a server on a port and waits until it is bound.
    private static func run(
        _ configuration: GatewayConfiguration,
        host: String,
        port: Int
    ) async throws(GatewayError) -> Running {
        let connections = Connections(limit: configuration.limits.connections)
        let movies = configuration.movieMaker.map {
            MovieService(history: configuration.history, maker: $0)
        }
        let (bound, report) = AsyncStream.makeStream(of: Result<any Channel, any Error>.self)
        let server = Server(
            childChannelSetup: GuardedChannel(
                base: HTTP1Channel(responder: responder(configuration, movies)),
                limits: configuration.limits,
                connections: connections
            ),
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
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
                movies: movies
            )
        case .failure(let error):
            throw failure(error, host: host, port: port)
        case nil:
            serving.cancel()
            await serving.value
            throw GatewayError(.io, "Starting the gateway was cancelled.")
        }
    }

    private static func responder(
        _ configuration: GatewayConfiguration,
        _ movies: MovieService?
    ) -> HTTPChannelHandler.Responder {
        let routes = GatewayRoutes(
            history: configuration.history,
            snapshot: configuration.snapshot,
            viewer: ViewerRoutes(
                service: movies,
                board: PageBoard(snapshot: configuration.snapshot, why: configuration.why)
            )
        )
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
