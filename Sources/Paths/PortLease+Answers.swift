public import Basics
public import Wire

/// What the gateway says.
extension PortLease {
    /// Takes in a datagram that came to the socket which asks.
    public mutating func receive(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard endpoint == configuration.gateway, !datagram.isEmpty, let inquiry else { return }
        if datagram[0] == NatPmp.version {
            guard let answer = try? NatPmp.parse(datagram) else { return }
            take(answer, inquiry, at: now, into: &effects)
        } else {
            guard let answer = try? Pcp.parse(datagram) else { return }
            take(answer, inquiry, at: now, into: &effects)
        }
    }

    /// The request that an answer may belong to.
    private var inquiry: Inquiry? {
        switch state {
        case .asking(let inquiry): inquiry.tries > 0 ? inquiry : nil
        case .held(let holding): holding.renewal.tries > 0 ? holding.renewal : nil
        case .resting, .released: nil
        }
    }

    private mutating func take(
        _ answer: NatPmp.Answer,
        _ inquiry: Inquiry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard inquiry.language == .natPmp else {
            // It takes our PCP for a version of NAT-PMP that it does not know.
            if case .refused = answer { refuse(inquiry, after: nil, at: now, into: &effects) }
            return
        }
        var inquiry = inquiry
        switch answer {
        case .refused: refuse(inquiry, after: nil, at: now, into: &effects)
        case .address(let address):
            inquiry.address = address
            settle(inquiry, at: now, into: &effects)
        case .mapping(let inside, let outside, let lifetime):
            guard inside == configuration.inside.port else { return }
            inquiry.port = outside
            inquiry.lifetime = lifetime
            settle(inquiry, at: now, into: &effects)
        }
    }

    private mutating func take(
        _ answer: Pcp.Answer,
        _ inquiry: Inquiry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard inquiry.language == .pcp else { return }
        switch answer {
        case .refused(let code, let lifetime):
            let isVersion = code == Pcp.unsupportedVersion
            refuse(inquiry, after: isVersion ? nil : lifetime, at: now, into: &effects)
        case .mapping(let mapping):
            guard mapping.nonce == configuration.nonce,
                mapping.inside == configuration.inside.port
            else { return }
            hold(mapping.outside, mapping.lifetime, .pcp, at: now, into: &effects)
        }
    }

    /// Keeps what NAT-PMP told so far; holds the mapping once both halves are there.
    private mutating func settle(
        _ inquiry: Inquiry,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        if let address = inquiry.address, let port = inquiry.port {
            let outside = address.with(port: port)
            hold(outside, inquiry.lifetime, .natPmp, at: now, into: &effects)
            return
        }
        switch state {
        case .asking: state = .asking(inquiry)
        case .held(var holding):
            holding.renewal = inquiry
            state = .held(holding)
        case .resting, .released: break
        }
    }

    private mutating func hold(
        _ outside: Endpoint,
        _ lifetime: UInt32,
        _ language: Language,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard lifetime >= PortLease.lifetimeMin, outside.port != 0, !outside.isUnspecified else {
            refuse(
                Inquiry(language: language, dueAt: now),
                after: lifetime,
                at: now,
                into: &effects
            )
            return
        }
        let life = TimeSpan.seconds(Int(min(lifetime, PortLease.lifetimeMax)))
        if outside != self.outside {
            if let old = self.outside { effects.append(.lost(old)) }
            effects.append(.gained(outside))
        }
        let renewAt = now + max(life / 2, PortLease.renewalMin)
        let renewal = Inquiry(language: language, dueAt: renewAt)
        state = .held(Holding(outside: outside, expiresAt: now + life, renewal: renewal))
    }

    /// A refusal: the other language after PCP's version, else a rest of what the gateway says, half
    /// a minute up to half an hour.
    ///
    /// A mapping that stands is left to run out: it may be renewed yet.
    private mutating func refuse(
        _ inquiry: Inquiry,
        after lifetime: UInt32?,
        at now: Instant,
        into effects: inout [Effect]
    ) {
        guard outside == nil else { return }
        guard let lifetime else {
            giveUp(inquiry.language, at: now, into: &effects)
            return
        }
        let rest = min(max(Int(lifetime), 30), 1_800)
        state = .resting(until: now + .seconds(rest))
    }
}
