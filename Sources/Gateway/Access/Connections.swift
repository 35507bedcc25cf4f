import NIOCore
import Synchronization

/// The open connections of a server: bounds how many there are, and closes them all at the end.
///
/// A connection *waits* until its request is accepted, and again after the response. Those that
/// wait have a small bound of their own, and a new one takes the place of the one that waits
/// longest: whoever opens connections and says nothing takes no room from players.
final class Connections: Sendable {
    /// Whether a connection is let in.
    enum Admission {
        /// It is.
        case admitted
        /// There are too many, in all or from its address.
        case refused
    }

    private struct Entry {
        let channel: any Channel
        /// The address of the client; nil on this host, where all share one.
        let place: String?
        /// The turn from which on it waits; nil while it is served.
        var waitingSince: Int?
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var turn = 0
        var served = 0
        var waiting: Int { entries.count - served }
    }

    private let limits: GatewayLimits
    private let state = Mutex(State())

    /// Connections within the bounds of a gateway.
    init(limits: GatewayLimits) { self.limits = limits }

    /// Connections with no bound but on how many there are.
    init(limit: Int) {
        var limits = GatewayLimits()
        limits.connections = limit
        limits.connectionsPerAddress = limit
        limits.waiting = limit
        self.limits = limits
    }

    /// How many are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// How many are being answered.
    var servedCount: Int { state.withLock { $0.served } }

    /// Takes a connection in, until it closes: O(connections).
    func admit(_ channel: any Channel) -> Admission {
        let id = ObjectIdentifier(channel)
        let place = Connections.place(of: channel)
        let (admission, evicted) = state.withLock { state in
            admit(channel, id, place, &state)
        }
        evicted?.close(promise: nil)
        guard admission == .admitted else { return .refused }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                guard let entry = state.entries.removeValue(forKey: id) else { return }
                if entry.waitingSince == nil { state.served -= 1 }
            }
        }
        return .admitted
    }

    /// Notes that a request of a connection is being answered.
    func serves(_ channel: any Channel) { note(channel, .served) }

    /// Notes that a connection waits for its next request.
    func waits(_ channel: any Channel) { note(channel, .waiting) }

    /// Closes all connections at once, whatever they are doing.
    func closeAll() {
        let channels = state.withLock { $0.entries.values.map(\.channel) }
        for channel in channels { channel.close(promise: nil) }
    }

    // MARK: Private

    private enum Stage {
        case waiting
        case served
    }

    private func admit(
        _ channel: any Channel,
        _ id: ObjectIdentifier,
        _ place: String?,
        _ state: inout State
    ) -> (Admission, evicted: (any Channel)?) {
        guard state.entries.count < limits.connections else { return (.refused, nil) }
        if let place {
            let same = state.entries.values.count { $0.place == place }
            guard same < limits.connectionsPerAddress else { return (.refused, nil) }
        }
        var evicted: (any Channel)?
        if state.waiting >= limits.waiting {
            let waiting = state.entries.filter { $0.value.waitingSince != nil }
            let oldest = waiting.min {
                ($0.value.waitingSince ?? 0) < ($1.value.waitingSince ?? 0)
            }
            if let oldest {
                evicted = oldest.value.channel
                state.entries[oldest.key] = nil
            }
        }
        state.turn += 1
        state.entries[id] = Entry(channel: channel, place: place, waitingSince: state.turn)
        return (.admitted, evicted)
    }

    private func note(_ channel: any Channel, _ stage: Stage) {
        let id = ObjectIdentifier(channel)
        state.withLock { state in
            guard let entry = state.entries[id] else { return }
            switch (stage, entry.waitingSince) {
            case (.served, .some):
                state.entries[id]?.waitingSince = nil
                state.served += 1
            case (.waiting, nil):
                state.turn += 1
                state.entries[id]?.waitingSince = state.turn
                state.served -= 1
            case (.served, nil), (.waiting, .some): break
            }
        }
    }

    /// The client's address without its port; nil when it is this host.
    private static func place(of channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress, !address.hasPrefix("127."),
            address != "::1"
        else { return nil }
        return address
    }
}
