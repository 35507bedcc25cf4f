import ArgumentParser
import Basics
import Surroundings
import Telemetry
import Transport

/// Whether the home router may be asked to pass a port on.
struct PortMappingOptions: ParsableArguments {
    @Flag(help: "Do not ask the home router (PCP, NAT-PMP, UPnP) to pass our UDP port on.")
    var noPortMapping = false

    /// What that means.
    var wish: PortWish { noPortMapping ? .unwanted : .wanted }
}

/// Whether a command wants its port passed on by the home router.
enum PortWish: Sendable {
    case wanted, unwanted
}

/// The UDP port of a running command on the home router: asked for, shown, and removed at the end.
final class MappedPort: Sendable {
    /// How long a start waits for the router: its own answers come at once, and the search by UPnP takes
    /// 1 or 2 s and some requests.
    private static let patience = TimeSpan.milliseconds(3_500)

    private let mapper: PortMapper?
    private let reason: PortMapping.Reason

    /// Asks for a port, if that can be of use: the swarm is not only on this machine or network.
    ///
    /// - Parameters:
    ///   - wish: what the user wants.
    ///   - local: where we listen.
    ///   - others: whom we talk to first; empty for everybody.
    ///   - display: where a change is told.
    init(
        _ wish: PortWish,
        _ local: Endpoint,
        talkingTo others: [Endpoint],
        _ display: DisplayHost
    ) {
        let isLocal = local.isLoopback || (!others.isEmpty && others.allSatisfy(\.isPrivate))
        let isPublic = !local.isUnspecified && !local.isPrivate
        reason = wish == .unwanted ? .unwanted : isLocal ? .local : .publicAddress
        guard wish == .wanted, !isLocal, !isPublic, local.port != 0 else {
            mapper = nil
            return
        }
        var configuration = PortMapper.Configuration(port: local.port)
        configuration.onChange = { mapping in
            guard mapping.isSettled else { return }
            let now = DriverClock().now
            let text = mapping.sentence
            display.log(Event(time: now, severity: .info, kind: .path, text: text))
        }
        mapper = PortMapper(configuration)
    }

    /// How things stand.
    var mapping: PortMapping { mapper?.mapping ?? PortMapping(.off(reason)) }

    /// Where everybody reaches us, once the router has answered; nil without a mapping.
    func outside() async -> Endpoint? {
        await mapper?.settled(within: MappedPort.patience).outside
    }

    /// The snapshot with the mapping in it.
    func shown(in snapshot: SwarmSnapshot) -> SwarmSnapshot {
        var snapshot = snapshot
        snapshot.portMapping = PortMappingRow(mapping)
        return snapshot
    }

    /// Removes the mapping.
    func stop() async { await mapper?.stop() }

    /// The address to listen on, with a port: a mapping is asked for before the port is taken.
    static func settled(_ listen: Endpoint) -> Endpoint {
        guard listen.port == 0, !listen.isLoopback else { return listen }
        return listen.with(port: LocalPort.free(like: listen) ?? 0)
    }
}
