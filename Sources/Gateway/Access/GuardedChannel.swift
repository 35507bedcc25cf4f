import HummingbirdCore
import Logging
import NIOCore

/// An HTTP/1.1 connection of Hummingbird's behind a `RequestGuard`.
struct GuardedChannel: ServerChildChannel {
    /// The connection behind the guard.
    let base: HTTP1Channel
    /// What it shares with all other connections.
    let shared: GuardSetup

    func setup(
        channel: any Channel,
        logger: Logger
    ) -> EventLoopFuture<HTTP1Channel.Value> {
        let admission = shared.connections.admit(channel)
        do {
            let requestGuard = RequestGuard(shared, admission)
            try channel.pipeline.syncOperations.addHandler(requestGuard)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
