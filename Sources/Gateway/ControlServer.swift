import Glibc
import NIOCore
import NIOPosix
public import Telemetry

/// Tells the user's other processes, such as `candela watch`, the state of this one.
///
/// A Unix domain socket in a directory that only its owner may enter. For each request line
/// `snapshot` the client gets one line with the snapshot as JSON, for each line `picture` the small
/// picture that plays now; the socket only tells, nothing is changed through it.
public final class ControlServer: Sendable {
    /// How many clients may be connected at once.
    public static let clientMax = 16

    private let path: String
    private let identity: ControlSocket.Identity?
    private let listener: any Channel
    private let clients: Connections

    private init(
        path: String,
        listener: any Channel,
        clients: Connections
    ) {
        self.path = path
        self.listener = listener
        self.clients = clients
        identity = ControlSocket.identity(path)
    }

    /// Starts serving at a path; its directory is made if it is missing.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes; the directory must belong to this user and be closed to others.
    ///   - picture: gives the picture that plays now; called from any thread.
    ///   - snapshot: gives the present state; called from any thread.
    /// - Returns: the server; it serves until `stop`.
    /// - Throws: `badAddress`, `unsafeDirectory`, `alreadyRunning` or `io`.
    public static func start(
        path: String,
        picture: @escaping @Sendable () -> ControlPicture? = { nil },
        snapshot: @escaping @Sendable () -> SwarmSnapshot
    ) async throws(GatewayError) -> ControlServer {
        try ControlSocket.prepare(path)
        let clients = Connections(limit: clientMax)
        let answers = ControlAnswers(snapshot: snapshot, picture: picture)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accept(channel, clients, answers)
            }
        // NIO would remove whatever socket is at the path when it closes one that it has bound.
        let stream = try ControlStream()
        try stream.listen(at: path)
        let listener: any Channel
        do {
            listener = try await bootstrap.withBoundSocket(stream.release()).get()
        } catch {
            throw GatewayError(.io, "The control socket \(path) cannot be served: \(error)")
        }
        return ControlServer(path: path, listener: listener, clients: clients)
    }

    /// Closes all connections and removes the socket.
    public func stop() async {
        try? await listener.close()
        clients.closeAll()
        // A process that was started since may have put its own socket there.
        if let identity, ControlSocket.identity(path) == identity { unlink(path) }
    }

    /// Takes in a client if it runs as the same user and there is room for it.
    private static func accept(
        _ channel: any Channel,
        _ clients: Connections,
        _ answers: ControlAnswers
    ) -> EventLoopFuture<Void> {
        guard let options = channel as? any SocketOptionProvider,
            clients.admit(channel) == .admitted
        else {
            return channel.eventLoop.makeFailedFuture(Refused())
        }
        let credentials: EventLoopFuture<ControlSocket.PeerCredentials> =
            options.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
        return credentials.flatMapThrowing { credentials in
            guard credentials.uid == geteuid() else { throw Refused() }
            try channel.pipeline.syncOperations.addHandler(ControlHandler(answers))
        }
    }

    /// Makes the event loop close a connection before anything is read from it.
    private struct Refused: Error {}
}
