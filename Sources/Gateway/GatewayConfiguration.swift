public import Basics
public import Logging
import NIOCore
public import Telemetry

/// Bounds on what clients may cost.
public struct GatewayLimits: Sendable {
    /// The most connections at once; one more is answered with 503.
    ///
    /// Room for 256 players, and for as many that wait as `waiting` allows.
    public var connections = 320
    /// The most connections that have no request under way; one more takes the place of the one
    /// that waits longest.
    public var waiting = 64
    /// The most connections of one other machine; one more is answered with 503.
    public var connectionsPerAddress = 64
    /// The most bytes of a request's head.
    public var headBytes = 16 << 10
    /// How long a client may take for a request's head, also between two requests.
    public var headTime = TimeSpan.seconds(10)
    /// How long a client may leave unread what was sent to it before the connection is closed.
    public var stallTime = TimeSpan.seconds(60)
    /// How long a player may take nothing at all once its backlog in the stream is full; after that
    /// the connection is closed.
    public var backlogTime = TimeSpan.seconds(5)

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

    /// The address to listen on: `127.0.0.1`, `::1` or `localhost`; with a token also any other of
    /// this machine, or `0.0.0.0` or `::` for all of them.
    public var host = "127.0.0.1"
    /// The secret first part of every path; needed where others than this host can ask.
    public var token: AccessToken?
    /// The port wanted, 0 for any free one.
    public var port = 8090
    /// What happens when the port is taken.
    public var portPolicy = PortPolicy.nextFree
    /// Bounds on what clients may cost.
    public var limits = GatewayLimits()
    /// Where warnings go; standard error when nil.
    public var logger: Logger?
    /// The channels to serve: one at the root, several each in its folder.
    public var channels: [GatewayChannel]

    /// Makes a configuration for several channels, with the defaults.
    public init(channels: [GatewayChannel]) { self.channels = channels }

    /// Makes a configuration for one channel, with the defaults.
    public init(history: LiveHistory, snapshot: @escaping @Sendable () -> SwarmSnapshot) {
        channels = [GatewayChannel(history: history, snapshot: snapshot)]
    }

    /// The address to bind and who may ask there.
    ///
    /// - Throws: `badAddress` when the gateway may not listen there.
    func binding() throws(GatewayError) -> (host: String, audience: Audience) {
        let plain = host.lowercased()
        let bare =
            plain.hasPrefix("[") && plain.hasSuffix("]") ? plain.dropFirst().dropLast() : plain[...]
        switch bare {
        case "127.0.0.1", "localhost": return ("127.0.0.1", .thisHost)
        case "::1": return ("::1", .thisHost)
        default: break
        }
        guard (try? SocketAddress(ipAddress: String(bare), port: 0)) != nil else {
            throw GatewayError(
                .badAddress,
                "The gateway cannot listen on \(host):\(port); use 127.0.0.1, ::1, localhost or"
                    + " 0.0.0.0 and a port from 0 to 65535."
            )
        }
        guard token != nil else {
            throw GatewayError(
                .badAddress,
                "Others than this machine could watch on \(host):\(port); add --token T, a secret"
                    + " of 8 characters or more, or 'random', or use 127.0.0.1."
            )
        }
        return (String(bare), .ownNetwork)
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
