public import Basics
public import Logging
public import Telemetry

/// Bounds on what clients may cost.
public struct GatewayLimits: Sendable {
    /// The most connections at once; one more is answered with 503.
    public var connections = 64
    /// The most bytes of a request's head.
    public var headBytes = 16 << 10
    /// How long a client may take for a request's head, also between two requests.
    public var headTime = TimeSpan.seconds(10)
    /// How long a client may leave unread what was sent to it before the connection is closed.
    public var stallTime = TimeSpan.seconds(60)

    /// Makes the default bounds.
    public init() {}
}

/// How a `Gateway` is set up.
public struct GatewayConfiguration: Sendable {
    /// What happens when the port is taken.
    public enum PortPolicy: Sendable, Equatable {
        /// Starting fails.
        case exact
        /// The next free one of the 100 ports from the wanted one on is used.
        case nextFree
    }

    /// How many ports `nextFree` tries.
    static let portAttempts = 100

    /// The address to listen on: `127.0.0.1`, `::1` or `localhost`; others are refused, because
    /// there is no access control but being on this host.
    public var host = "127.0.0.1"
    /// The port wanted, 0 for any free one.
    public var port = 8090
    /// What happens when the port is taken.
    public var portPolicy = PortPolicy.nextFree
    /// Bounds on what clients may cost.
    public var limits = GatewayLimits()
    /// Where warnings go; standard error when nil.
    public var logger: Logger?
    /// The stream to serve.
    public var history: LiveHistory
    /// Gives the present state of the swarm; called from any thread.
    public var snapshot: @Sendable () -> SwarmSnapshot
    /// Makes the movie that browsers and HLS players get; without it they get none.
    public var movieMaker: MovieMaker?
    /// Says in one plain sentence how things are, for the page.
    public var why: @Sendable (SwarmSnapshot) -> String = { _ in "" }

    /// Makes a configuration with the defaults.
    public init(history: LiveHistory, snapshot: @escaping @Sendable () -> SwarmSnapshot) {
        self.history = history
        self.snapshot = snapshot
    }

    /// The address to bind, if the gateway may listen there.
    var bindHost: String? {
        switch host.lowercased() {
        case "127.0.0.1", "localhost": "127.0.0.1"
        case "::1", "[::1]": "::1"
        default: nil
        }
    }

    /// The ports to try, in order.
    var candidatePorts: [Int] {
        guard (0...65_535).contains(port) else { return [] }
        switch portPolicy {
        case .exact: return [port]
        case .nextFree where port == 0: return [0]
        case .nextFree:
            return Array(port...min(port + GatewayConfiguration.portAttempts - 1, 65_535))
        }
    }
}
