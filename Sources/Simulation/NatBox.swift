public import Basics

/// A NAT of any of the 27 types, datagram by datagram.
///
/// Besides the mappings that RFC 4787 speaks of it keeps flows as connection tracking does: the answer
/// to a datagram that was let in leaves by the port that it came in by, whatever the mapping. Inbound
/// datagrams do not refresh a mapping (RFC 4787 REQ-6). An outside port is never shared by two
/// mappings (REQ-3): who finds its own taken under preserving allocation gets a random one. What
/// came to an end is forgotten when room is needed; when there is none, datagrams are dropped.
public struct NatBox: Sendable {
    /// Whether inside hosts reach each other by their outside endpoints (RFC 4787 REQ-9).
    public enum Hairpin: Sendable {
        /// They do.
        case supported
        /// They do not.
        case unsupported
    }

    /// What a NAT is like.
    public struct Configuration: Sendable {
        /// Its type.
        public var type: NatType
        /// Its address on the outside; the port does not matter.
        public var outside: Endpoint
        /// How long a mapping lives without a datagram from the inside.
        public var bindingTimeout = TimeSpan.seconds(120)
        /// The distance between the ports of successive mappings under contiguous allocation.
        public var delta = 1
        /// Whether it turns datagrams round.
        public var hairpin = Hairpin.supported
        /// The most mappings at a time.
        public var mappingsMax = 4_096
        /// The most flows at a time.
        public var flowsMax = 16_384

        /// Describes a NAT with a binding time-out of 2 minutes (RFC 4787 REQ-5) that hairpins.
        public init(_ type: NatType, outside: Endpoint) {
            self.type = type
            self.outside = outside
        }
    }

    /// A flow, or a mapping when the remote is cut to what the mapping depends on.
    private struct Key: Hashable {
        var inside: Endpoint
        var remote: Endpoint
    }

    /// An outside port in use.
    private struct Mapping {
        var key: Key
        var expiresAt: Instant
        /// The remotes that it lets in, cut to what the filter looks at, and until when.
        var admitted: [Endpoint: Instant] = [:]
    }

    private struct Flow {
        var port: UInt16
        /// The mapping that the port belonged to.
        var mapping: Key
        var expiresAt: Instant
    }

    /// The lowest port that a NAT gives away: the well-known ones stay its own (RFC 4787 REQ-3a).
    public static let portMin = 1_024
    /// How many ports there are to give away.
    private static let portCount = 65_536 - portMin
    /// So many remotes may be let in by one port.
    private static let admittedMax = 1_024

    /// What it is like.
    public private(set) var configuration: Configuration
    private var random: SeededRandom
    private var mappings: [UInt16: Mapping] = [:]
    private var ports: [Key: UInt16] = [:]
    private var flows: [Key: Flow] = [:]
    private var nextPort: Int
    private var rebinds = 0

    /// Makes a NAT without mappings; the seed decides its random ports and where contiguous ones
    /// begin.
    public init(_ configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = SeededRandom(seed: seed)
        nextPort = NatBox.portMin + random.below(NatBox.portCount)
    }

    /// How many mappings there are, ended ones included.
    public var mappingCount: Int { mappings.count }
    /// How many flows there are, ended ones included.
    public var flowCount: Int { flows.count }

    /// Whether an endpoint is one of its own on the outside.
    public func owns(_ endpoint: Endpoint) -> Bool {
        endpoint.sharesHost(with: configuration.outside)
    }

    /// The inside endpoint that an outside port was given to last; nil for a port never given.
    public func holder(of port: UInt16) -> Endpoint? { mappings[port]?.key.inside }

    /// Lets a datagram out: the endpoint that the remote sees it come from, or nil when the tables
    /// are full.
    public mutating func outbound(
        from inside: Endpoint,
        to remote: Endpoint,
        at now: Instant
    ) -> Endpoint? {
        guard let port = port(for: inside, to: remote, at: now) else { return nil }
        mappings[port]?.expiresAt = now + configuration.bindingTimeout
        admit(remote, by: port, at: now)
        note(Key(inside: inside, remote: remote), by: port, at: now)
        return configuration.outside.with(port: port)
    }

    /// Takes a datagram from the outside: the inside endpoint that gets it, or nil when the NAT
    /// drops it.
    public mutating func inbound(
        from remote: Endpoint,
        to outside: Endpoint,
        at now: Instant
    ) -> Endpoint? {
        guard owns(outside), let mapping = live(outside.port, at: now) else { return nil }
        let flow = Key(inside: mapping.key.inside, remote: remote)
        let until = mapping.admitted[cut(remote, to: configuration.type.filtering)]
        guard let until, until > now else { return nil }
        if livePort(of: flow, at: now) == nil { note(flow, by: outside.port, at: now) }
        return mapping.key.inside
    }

    /// Turns a datagram round that an inside host sends to an outside endpoint of the NAT's own:
    /// whom it seems to come from and who gets it, or nil when the NAT drops it.
    ///
    /// No filter is applied.
    public mutating func turned(
        from inside: Endpoint,
        to outside: Endpoint,
        at now: Instant
    ) -> (from: Endpoint, to: Endpoint)? {
        guard configuration.hairpin == .supported, owns(outside),
            let target = live(outside.port, at: now)?.key.inside,
            let seen = outbound(from: inside, to: outside, at: now)
        else { return nil }
        return (seen, target)
    }

    /// Forgets everything, as a restart does; new mappings get other ports, and with an address
    /// another address.
    public mutating func rebind(to outside: Endpoint? = nil) {
        if let outside { configuration.outside = outside }
        mappings = [:]
        ports = [:]
        flows = [:]
        rebinds += 1
        nextPort = NatBox.portMin + random.below(NatBox.portCount)
    }

    private mutating func port(for inside: Endpoint, to remote: Endpoint, at now: Instant)
        -> UInt16?
    {
        let flow = Key(inside: inside, remote: remote)
        if let port = livePort(of: flow, at: now) { return port }
        let key = Key(inside: inside, remote: cut(remote, to: configuration.type.mapping))
        if let port = ports[key], live(port, at: now)?.key == key { return port }
        if mappings.count >= configuration.mappingsMax { forgetEnded(at: now) }
        guard mappings.count < configuration.mappingsMax,
            let port = allocate(for: inside, at: now)
        else { return nil }
        mappings[port] = Mapping(key: key, expiresAt: now)
        ports[key] = port
        return port
    }

    private mutating func allocate(for inside: Endpoint, at now: Instant) -> UInt16? {
        switch configuration.type.allocation {
        case .preserving:
            let isFree = live(inside.port, at: now) == nil
            return rebinds == 0 && isFree && inside.port >= NatBox.portMin
                ? inside.port : randomPort(at: now)
        case .contiguous:
            let port = freePort(from: nextPort, by: configuration.delta, at: now)
            if let port { nextPort = NatBox.wrapped(Int(port) + configuration.delta) }
            return port
        case .random: return randomPort(at: now)
        }
    }

    private mutating func randomPort(at now: Instant) -> UInt16? {
        freePort(from: NatBox.portMin + random.below(NatBox.portCount), by: 1, at: now)
    }

    /// The first port that is free from a start on; nil when none is found within all of them.
    private func freePort(from start: Int, by step: Int, at now: Instant) -> UInt16? {
        var candidate = NatBox.wrapped(start)
        for _ in 0..<NatBox.portCount {
            let port = UInt16(truncatingIfNeeded: candidate)
            if live(port, at: now) == nil { return port }
            candidate = NatBox.wrapped(candidate + step)
        }
        return nil
    }

    private static func wrapped(_ port: Int) -> Int {
        let offset = (port - portMin) % portCount
        return portMin + (offset < 0 ? offset + portCount : offset)
    }

    private mutating func admit(_ remote: Endpoint, by port: UInt16, at now: Instant) {
        let key = cut(remote, to: configuration.type.filtering)
        guard let admitted = mappings[port]?.admitted else { return }
        if admitted.count >= NatBox.admittedMax, admitted[key] == nil {
            let lasting = admitted.filter { $0.value > now }
            mappings[port]?.admitted = lasting
            guard lasting.count < NatBox.admittedMax else { return }
        }
        mappings[port]?.admitted[key] = now + configuration.bindingTimeout
    }

    private mutating func note(_ flow: Key, by port: UInt16, at now: Instant) {
        if flows.count >= configuration.flowsMax { forgetEnded(at: now) }
        guard flows[flow] != nil || flows.count < configuration.flowsMax,
            let mapping = mappings[port]?.key
        else { return }
        let expiry = now + configuration.bindingTimeout
        flows[flow] = Flow(port: port, mapping: mapping, expiresAt: expiry)
    }

    private mutating func forgetEnded(at now: Instant) {
        mappings = mappings.filter { $0.value.expiresAt > now }
        ports = ports.filter { mappings[$0.value]?.key == $0.key }
        flows = flows.filter { livePort(of: $0.key, at: now) != nil }
    }

    private func live(_ port: UInt16, at now: Instant) -> Mapping? {
        mappings[port].flatMap { $0.expiresAt > now ? $0 : nil }
    }

    /// The port that a flow leaves by, while the flow and its mapping live.
    private func livePort(of flow: Key, at now: Instant) -> UInt16? {
        guard let known = flows[flow], known.expiresAt > now,
            live(known.port, at: now)?.key == known.mapping
        else { return nil }
        return known.port
    }

    /// What a kind of dependence leaves of a remote endpoint.
    private func cut(_ remote: Endpoint, to dependence: NatType.Dependence) -> Endpoint {
        switch dependence {
        case .endpointIndependent: Endpoint(high: 0, low: 0, port: 0)
        case .addressDependent: remote.with(port: 0)
        case .addressAndPortDependent: remote
        }
    }
}
