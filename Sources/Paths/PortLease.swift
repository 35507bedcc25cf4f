public import Basics
public import Wire

/// A UDP port of ours, mapped on the home gateway by PCP or NAT-PMP for as long as we run.
///
/// Asks by PCP first and by NAT-PMP when the gateway does not speak it (RFC 6887 section 9 and appendix
/// A), renews at half of a lease's life (RFC 6886 section 3.3), asks anew when a lease has ended,
/// and removes the mapping at the end. Only the gateway's own datagrams count.
///
/// ### Legal transitions:
/// - `asking -> asking | held | resting`
/// - `held -> held | asking`
/// - `resting -> asking`
/// - any `-> released`
public struct PortLease: Sendable {
    /// Who is asked for what.
    public struct Configuration: Sendable, Equatable {
        /// The gateway; its port is always 5351.
        public var gateway: Endpoint
        /// Our own endpoint on the gateway's network: the address that requests leave from and the
        /// port to map.
        public var inside: Endpoint
        /// Nobody else can touch the mapping.
        public var nonce: Pcp.Nonce

        /// Describes a port to map.
        public init(gateway: Endpoint, inside: Endpoint, nonce: Pcp.Nonce) {
            self.gateway = gateway.with(port: NatPmp.port)
            self.inside = inside
            self.nonce = nonce
        }
    }

    /// How the gateway is asked.
    public enum Language: Sendable, CaseIterable {
        /// RFC 6887.
        case pcp
        /// RFC 6886; IPv4 only.
        case natPmp
    }

    /// What the driver is asked to do, in order.
    public enum Effect: Sendable, Equatable {
        /// Send to the gateway, from the address of the configuration.
        case send([UInt8], to: Endpoint)
        /// The mapping stands: we can be reached here, if nothing else is in the way.
        case gained(Endpoint)
        /// It does not stand any more.
        case lost(Endpoint)
    }

    /// A request under way.
    struct Inquiry: Sendable, Equatable {
        var language: Language
        var tries = 0
        var dueAt: Instant
        /// What NAT-PMP told already: address and mapping come in two answers.
        var address: Endpoint?
        var port: UInt16?
        var lifetime: UInt32 = 0
    }

    /// A mapping that stands.
    struct Holding: Sendable, Equatable {
        var outside: Endpoint
        var expiresAt: Instant
        /// The next request to renew it.
        var renewal: Inquiry
    }

    enum State: Sendable, Equatable {
        case asking(Inquiry)
        case held(Holding)
        case resting(until: Instant)
        case released
    }

    /// For so many seconds a mapping is asked (RFC 6886 section 3.3).
    public static let lifetime: UInt32 = 7_200
    /// The first wait for an answer, doubled each time (RFC 6886 section 3.1): the gateway is one hop
    /// away, so that the 3 s of RFC 6887 section 8.1.1 would only delay a start.
    static let waitFirst = TimeSpan.milliseconds(250)
    /// Requests without an answer before the gateway counts as not speaking a language: 3.75 s.
    static let triesMax = 4
    /// The pause before a silent or refusing gateway is asked again.
    static let rest = TimeSpan.seconds(600)
    /// Requests to renew come no closer than this (RFC 6887 section 11.2.1).
    static let renewalMin = TimeSpan.seconds(4)
    /// A shorter lease is not worth having; a longer one is renewed as if it were this long.
    static let (lifetimeMin, lifetimeMax): (UInt32, UInt32) = (8, 86_400)

    let configuration: Configuration
    var state: State

    /// Starts to ask.
    public init(_ configuration: Configuration, at now: Instant) {
        self.configuration = configuration
        state = .asking(Inquiry(language: .pcp, dueAt: now))
    }

    /// The endpoint on the outside while the mapping stands.
    public var outside: Endpoint? {
        if case .held(let holding) = state { holding.outside } else { nil }
    }

    /// How the gateway that gave the mapping was asked.
    public var language: Language? {
        if case .held(let holding) = state { holding.renewal.language } else { nil }
    }

    /// When `advance` has something to do next; nil at the end.
    public var nextDeadline: Instant? {
        switch state {
        case .asking(let inquiry): inquiry.dueAt
        case .held(let holding): min(holding.expiresAt, holding.renewal.dueAt)
        case .resting(let until): until
        case .released: nil
        }
    }

    /// Sends what is due, and gives up what has ended.
    public mutating func advance(to now: Instant, into effects: inout [Effect]) {
        switch state {
        case .asking(var inquiry):
            guard inquiry.dueAt <= now else { return }
            guard inquiry.tries < PortLease.triesMax else {
                giveUp(inquiry.language, at: now, into: &effects)
                return
            }
            send(inquiry, into: &effects)
            inquiry.dueAt = now + PortLease.waitFirst * (1 << inquiry.tries)
            inquiry.tries += 1
            state = .asking(inquiry)
        case .held(var holding):
            if holding.expiresAt <= now {
                effects.append(.lost(holding.outside))
                state = .asking(Inquiry(language: holding.renewal.language, dueAt: now))
                advance(to: now, into: &effects)
            } else if holding.renewal.dueAt <= now {
                holding.renewal.address = nil
                holding.renewal.port = nil
                holding.renewal.tries += 1
                send(holding.renewal, into: &effects)
                let left = (holding.expiresAt - now) / 2
                holding.renewal.dueAt = now + max(left, PortLease.renewalMin)
                state = .held(holding)
            }
        case .resting(let until):
            guard until <= now else { return }
            state = .asking(Inquiry(language: .pcp, dueAt: now))
            advance(to: now, into: &effects)
        case .released: return
        }
    }

    /// Removes the mapping, also one that is only asked for, and ends.
    public mutating func release(into effects: inout [Effect]) {
        switch state {
        case .asking(let inquiry):
            if inquiry.tries > 0 { remove(inquiry, into: &effects) }
        case .held(let holding):
            remove(holding.renewal, into: &effects)
            effects.append(.lost(holding.outside))
        case .resting, .released: break
        }
        state = .released
    }

    private func remove(_ inquiry: Inquiry, into effects: inout [Effect]) {
        let bytes = request(inquiry, lifetime: 0, wish: outside)
        effects.append(.send(bytes, to: configuration.gateway))
    }

    /// The gateway does not speak a language: the other one, or a rest.
    mutating func giveUp(_ language: Language, at now: Instant, into effects: inout [Effect]) {
        let isLast = language == .natPmp || configuration.gateway.ipv4 == nil
        guard !isLast else {
            state = .resting(until: now + PortLease.rest)
            return
        }
        state = .asking(Inquiry(language: .natPmp, dueAt: now))
        advance(to: now, into: &effects)
    }

    private func send(_ inquiry: Inquiry, into effects: inout [Effect]) {
        if inquiry.language == .natPmp, inquiry.address == nil {
            effects.append(.send(NatPmp.addressRequest, to: configuration.gateway))
        }
        guard inquiry.language == .pcp || inquiry.port == nil else { return }
        let bytes = request(inquiry, lifetime: PortLease.lifetime, wish: outside)
        effects.append(.send(bytes, to: configuration.gateway))
    }

    private func request(_ inquiry: Inquiry, lifetime: UInt32, wish: Endpoint?) -> [UInt8] {
        let inside = configuration.inside
        switch inquiry.language {
        case .natPmp:
            let port = wish?.port ?? inside.port
            return NatPmp.mapRequest(inside: inside.port, outside: port, lifetime: lifetime)
        case .pcp:
            let any =
                inside.ipv4 == nil
                ? Endpoint(high: 0, low: 0, port: inside.port)
                : Endpoint(ipv4: 0, port: inside.port)
            return Pcp.mapRequest(
                Pcp.Mapping(
                    nonce: configuration.nonce,
                    inside: inside.port,
                    outside: wish ?? any,
                    lifetime: lifetime
                ),
                client: inside
            )
        }
    }
}
