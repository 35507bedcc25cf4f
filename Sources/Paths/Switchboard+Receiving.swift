public import Basics
import Secrecy
import Wire

extension Switchboard {
    /// Takes a datagram in; what it brings is appended to `events`, answers to `out`.
    ///
    /// Never traps, and allocates nothing by a length that the datagram claims. Before the gate has let
    /// a handshake pass, its cost is one MAC.
    public mutating func receive(
        _ payload: Datagram,
        from endpoint: Endpoint,
        at now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        let datagram = payload.head
        guard !datagram.isEmpty, payload.count <= Envelope.datagramMax,
            let (kind, _) = Envelope.parse(firstByte: datagram[0])
        else {
            drops.foreign += 1
            return
        }
        switch kind {
        case .transport: open(payload, from: endpoint, at: now, into: &events, out: &out)
        case .initiation: accept(datagram, from: endpoint, at: now, out: &out)
        case .response: finish(datagram, from: endpoint, at: now, into: &events)
        case .cookie: retry(datagram, at: now, out: &out)
        case .punch:
            guard let punch = try? Punch.parse(datagram) else {
                drops.malformed += 1
                return
            }
            events.append(.punch(punch, endpoint))
        case .discover: answerDiscovery(datagram, from: endpoint, out: &out)
        // A wrapping within a wrapping, or to whom no relay was offered.
        case .relay: drops.foreign += 1
        case .identity:
            guard let key = Discovery.parseAnswer(datagram) else { return drops.foreign += 1 }
            events.append(.identity(key, endpoint))
        }
    }

    private mutating func open(
        _ datagram: Datagram,
        from endpoint: Endpoint,
        at now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        guard datagram.head.count >= Envelope.transportHeaderSize + Envelope.tagSize else {
            drops.foreign += 1
            return
        }
        let index = datagram.head.word(at: 1)
        let slot = Int(index & 0xFFFF)
        guard slot < links.count, let link = links[slot] else {
            drops.unknownSession += 1
            return
        }
        if link.current?.localIndex == index {
            openCurrent(datagram, link, endpoint, at: now, into: &events, out: &out)
        } else if link.next?.localIndex == index {
            promote(datagram, link, endpoint, at: now, into: &events)
        } else if link.previous?.localIndex == index {
            guard let messages = link.previous?.open(datagram, at: now) else {
                drops.unopened += 1
                return
            }
            events.append(.messages(slot, Content(messages, datagram.body)))
        } else {
            drops.unknownSession += 1
        }
    }

    /// The usual case.
    ///
    /// When the newest authentic datagram comes from elsewhere, the remote may have moved there (SECURITY
    /// C12).
    private mutating func openCurrent(
        _ datagram: Datagram,
        _ link: Link,
        _ endpoint: Endpoint,
        at now: Instant,
        into events: inout [Event],
        out: inout [Outgoing]
    ) {
        let highest = link.current?.highestCounter ?? 0
        guard let messages = link.current?.open(datagram, at: now) else {
            drops.unopened += 1
            return
        }
        link.receivedAt = now
        // Who is met directly does not go back to a relay by what was under way.
        if link.endpoint != endpoint, !endpoint.isRelayed,
            link.current?.highestCounter ?? 0 > highest
        {
            settleMove(of: link, messages, from: endpoint, into: &events)
            if link.endpoint != endpoint { ask(endpoint, of: link, at: now, out: &out) }
        }
        events.append(.messages(link.slot, Content(messages, datagram.body)))
    }

    /// The remote uses the session it opened for the first time: now it counts.
    private mutating func promote(
        _ datagram: Datagram,
        _ link: Link,
        _ endpoint: Endpoint,
        at now: Instant,
        into events: inout [Event]
    ) {
        guard let messages = link.next?.open(datagram, at: now) else {
            drops.unopened += 1
            return
        }
        let isFirst = link.current == nil
        careAt = .origin
        link.previous = link.current
        link.current = link.next
        link.next = nil
        link.pending = nil
        link.retryAt = nil
        link.endpoint = endpoint
        link.receivedAt = now
        if isFirst { events.append(.established(link.slot)) }
        events.append(.messages(link.slot, Content(messages, datagram.body)))
    }

    private mutating func accept(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        switch gate.check(datagram, from: endpoint, at: now) {
        case .drop:
            drops.handshakes += 1
            return
        case .cookie(let reply):
            out.append(Outgoing(bytes: reply, endpoint: endpoint))
            return
        case .proceed: break
        }
        // The slot is only known once the remote's key is: the index is patched to a free slot first.
        let free = links.firstIndex { $0 == nil } ?? links.count
        let index = nextIndex(free)
        guard let accepted = respond(datagram, index: index, at: now),
            timestamps.accept(accepted.timestamp, from: accepted.remoteKey)
        else {
            drops.handshakes += 1
            return
        }
        take(accepted, proposed: free, datagram, endpoint, at: now, out: &out)
    }

    private mutating func respond(_ datagram: Bytes, index: UInt32, at now: Instant)
        -> Accepted?
    {
        var parameters = ResponseParameters(identity: configuration.identity, localIndex: index)
        parameters.suite = configuration.suite
        parameters.prologue = configuration.prologue
        return try? Handshake.respond(datagram, parameters, entropy: &entropy, at: now)
    }

    private mutating func take(
        _ accepted: Accepted,
        proposed: Int,
        _ datagram: Bytes,
        _ endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        guard accepted.remoteKey != configuration.identity.publicKey else {
            drops.handshakes += 1
            return
        }
        var accepted = accepted
        if let known = slots[PeerID(publicKey: accepted.remoteKey)] {
            if keepsOwnInitiation(known, against: accepted.remoteKey) {
                resendInitiation(known, to: endpoint, at: now, out: &out)
                return
            }
            // Answer again under an index that points to the link's own slot.
            guard let again = respond(datagram, index: nextIndex(known), at: now) else { return }
            accepted = again
        }
        guard let slot = allocate(accepted.remoteKey, endpoint, at: now) else {
            drops.handshakes += 1
            return
        }
        if links[slot]?.current == nil { links[slot]?.endpoint = endpoint }
        careAt = .origin
        links[slot]?.pending = nil
        links[slot]?.retryAt = nil
        links[slot]?.next = accepted.session
        links[slot]?.receivedAt = now
        out.append(Outgoing(bytes: accepted.response, endpoint: endpoint))
    }

    /// When both sides opened at once, the smaller key keeps its initiation.
    private func keepsOwnInitiation(_ slot: Int, against key: [UInt8]) -> Bool {
        guard let link = links[slot], link.pending != nil else { return false }
        return configuration.identity.publicKey.lexicographicallyPrecedes(key)
    }

    private mutating func resendInitiation(
        _ slot: Int,
        to endpoint: Endpoint,
        at now: Instant,
        out: inout [Outgoing]
    ) {
        guard let link = links[slot], now - link.pendingSentAt > .milliseconds(100) else { return }
        links[slot]?.endpoint = endpoint
        begin(slot, at: now, out: &out)
    }

    private mutating func finish(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        at now: Instant,
        into events: inout [Event]
    ) {
        guard datagram.count >= 9 else { return drops.foreign += 1 }
        let index = (5...8).reduce(UInt32(0)) { $0 << 8 | UInt32(datagram[$1]) }
        let slot = Int(index & 0xFFFF)
        guard links.indices.contains(slot), let pending = links[slot]?.pending,
            pending.localIndex == index, let done = try? pending.finish(datagram, at: now)
        else {
            drops.handshakes += 1
            return
        }
        careAt = .origin
        let isFirst = links[slot]?.current == nil
        let old = links[slot]?.current
        links[slot]?.previous = old
        links[slot]?.current = done.session
        links[slot]?.pending = nil
        links[slot]?.retryAt = nil
        links[slot]?.attempts = 0
        links[slot]?.endpoint = endpoint
        links[slot]?.receivedAt = now
        if isFirst { events.append(.established(slot)) }
    }

    private mutating func retry(_ datagram: Bytes, at now: Instant, out: inout [Outgoing]) {
        guard datagram.count >= 5 else { return drops.foreign += 1 }
        let index = (1...4).reduce(UInt32(0)) { $0 << 8 | UInt32(datagram[$1]) }
        let slot = Int(index & 0xFFFF)
        guard links.indices.contains(slot), var pending = links[slot]?.pending,
            pending.localIndex == index,
            let cookie = Cookie.open(
                datagram,
                sentMac1: pending.sentMac1,
                responderKey: pending.remoteKey
            )
        else {
            drops.handshakes += 1
            return
        }
        pending.retry(withCookie: cookie)
        links[slot]?.pending = pending
        if let link = links[slot] {
            let place = link.pendingWay ?? link.endpoint
            out.append(Outgoing(bytes: pending.datagram, endpoint: place))
            links[slot]?.pendingSentAt = now
        }
    }

    /// Tells our static key to whoever sent as many bytes as a handshake begins with.
    private mutating func answerDiscovery(
        _ datagram: Bytes,
        from endpoint: Endpoint,
        out: inout [Outgoing]
    ) {
        guard datagram.count == Envelope.initiationSize else { return drops.foreign += 1 }
        let answer = Discovery.answer(publicKey: configuration.identity.publicKey)
        out.append(Outgoing(bytes: answer, endpoint: endpoint))
    }
}
