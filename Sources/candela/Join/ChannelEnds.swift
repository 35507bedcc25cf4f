import Synchronization

/// Ends a command that carries several channels when the last of them has ended.
final class ChannelEnds: Sendable {
    private let open: Mutex<Set<Int>>
    private let names: [String]
    private let lifetime: Lifetime

    /// Begins with all channels open.
    init(_ names: [String], _ lifetime: Lifetime) {
        self.names = names
        self.lifetime = lifetime
        open = Mutex(Set(names.indices))
    }

    /// Notes why a channel ended; the reason of the last one is the command's.
    func stop(_ channel: Int, _ reason: StopReason) {
        let (isNew, isLast) = open.withLock { open in
            (open.remove(channel) != nil, open.isEmpty)
        }
        guard isNew else { return }
        if isLast { return lifetime.stop(reason) }
        let cause: String
        switch reason {
        case .failed(let failure): cause = failure.message
        case .streamEnded, .finished, .signal: cause = "the stream has ended"
        }
        StandardError.line("candela: \(names[channel]): \(cause); the others play on")
    }
}
