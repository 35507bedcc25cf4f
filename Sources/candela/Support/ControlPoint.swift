import Gateway
import MediaIO
import Telemetry

/// The control socket of a running command, through which `watch` and `status` see it.
struct ControlPoint {
    private let server: ControlServer

    /// Opens the socket; whoever may use it is also told the link that viewers join with.
    static func start(
        _ verb: String,
        _ state: StateDirectory,
        tap: PictureTap? = nil,
        link: String? = nil,
        snapshot: @escaping @Sendable () -> SwarmSnapshot
    ) async throws(CommandFailure) -> ControlPoint {
        do {
            try state.prepare()
            let path = state.socketPath(verb)
            return ControlPoint(
                server: try await ControlServer.start(
                    path: path,
                    picture: { tap?.controlPicture },
                    snapshot: { snapshot().joined(with: link) }
                )
            )
        } catch let error as GatewayError {
            throw CommandFailure(error)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.io, "\(error)")
        }
    }

    func stop() async { await server.stop() }
}
