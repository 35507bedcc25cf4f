import Synchronization

/// What a gateway counts from its start on, for `/metrics`.
final class GatewayTally: Sendable {
    /// The counts.
    struct Counts: Sendable, Equatable {
        /// Bytes handed to the sockets.
        var sentBytes = 0
        /// Responses by status code.
        var responses: [Int: Int] = [:]
        /// Players whose connection was closed because they took nothing.
        var dropped = 0
        /// How often a slow player was skipped ahead.
        var skipped = 0
    }

    private let sent = Atomic<Int>(0)
    private let state = Mutex(Counts())

    /// The counts now.
    var counts: Counts {
        var counts = state.withLock { $0 }
        counts.sentBytes = sent.load(ordering: .relaxed)
        return counts
    }

    /// Counts bytes handed to a socket.
    func note(sent bytes: Int) { sent.wrappingAdd(bytes, ordering: .relaxed) }

    /// Counts a response; what is no status code counts as 0, so there are few keys.
    func note(status code: Int) {
        let key = (100...599).contains(code) ? code : 0
        state.withLock { $0.responses[key, default: 0] += 1 }
    }

    /// Counts a refused request.
    func note(_ refusal: Refusal) { note(status: Int(refusal.status.prefix(3)) ?? 0) }

    /// Counts a player that was dropped.
    func noteDropped() { state.withLock { $0.dropped += 1 } }

    /// Counts a player that was skipped ahead.
    func noteSkipped() { state.withLock { $0.skipped += 1 } }
}
