import Telemetry

/// The rules on the source, the other viewers and what serves them.
extension WhyRules {
    /// A viewer this many times further behind than the median is singled out.
    private static let lagFactor = 3.0
    /// No viewer is singled out for a lag below this, in milliseconds: the default playout delay.
    private static let lagFair = 1_500.0
    /// A round trip of this share of the lag explains it: a repair takes one, and the way here half of one.
    private static let tripShare = 0.5
    /// The source's share of all copies above which the viewers hardly help.
    private static let loadShare = 0.75
    /// The least audience of which help can be expected.
    private static let audience = 4
    /// From this share of relayed paths it is worth a word.
    private static let relayedShare = 0.3
    /// An encoder that sends less than this share of its usual rate has a reason.
    private static let sagShare = 0.5
    /// When this share of the audience leaves within half a minute, something is wrong for many.
    private static let exodusShare = 0.3
    private static let exodusSeconds = 30.0
    /// How long a broken rule of the protocol is told, in seconds.
    private static let violationSeconds = 60.0
    /// A tracker is given up after it was silent for so many seconds: three of its intervals of 10 s.
    private static let trackerSeconds = 30.0

    /// The source sends much less than it used to.
    func sourceSag() -> Verdict? {
        guard let now = snapshot.bitrateBps, let usual = usually(\.bitrateBps), usual > 0 else {
            return nil
        }
        let bound = WhyRules.sagShare * usual
        guard now < bound,
            lasts(WhyRules.lastingLong, { $0.bitrateBps.map { $0 < bound } ?? false })
        else { return nil }
        let (who, cure) =
            vantage.own?.role == "source"
            ? ("your input", "unless the picture stands still, check the encoder and its network")
            : (
                "the source",
                "unless the picture stands still, its encoder is in trouble: tell whoever broadcasts"
            )
        let text =
            "\(who) sends \(figures.rateInWords(now)) instead of \(figures.rateInWords(usual)); "
            + cure
        return Verdict(rule: .sourceSag, severity: .warning, text: text)
    }

    /// Somebody broke the protocol a moment ago.
    func violation() -> Verdict? {
        guard let event = snapshot.events.last(where: { $0.kind == .violation }),
            event.severity == .error, let now = scene.time ?? snapshot.madeAt,
            now - event.t < WhyRules.violationSeconds, event.t <= now + 1
        else { return nil }
        let said = TextWidth.printable(String(event.text.prefix(120)))
        let text =
            "a peer broke the protocol: \(said). Nothing unverified was played; no action needed"
        return Verdict(rule: .violation, severity: .warning, text: text)
    }

    /// The viewers need more upload than there is: to be said where all of it is known.
    func shortage() -> Verdict? {
        guard isShort, let demand = snapshot.rescue.demandBps,
            let capacity = snapshot.rescue.capacityBps
        else { return nil }
        let text =
            "the swarm is short of upload (needs \(figures.rateInWords(demand)), has "
            + "\(figures.rateInWords(capacity))); \(cureOfShortage)"
        return Verdict(rule: .shortage, severity: .warning, text: text)
    }

    /// Whether the viewers have needed more upload than there is for a while.
    var isShort: Bool {
        (snapshot.rescue.load ?? 0) > 1
            && lasts(WhyRules.lasting, { ($0.rescue.load ?? 0) > 1 })
    }

    /// What helps where upload is short.
    var cureOfShortage: String {
        let count = snapshot.rescue.rescuers.count
        return count == 0
            ? "raise --up where it is low, or lower the bitrate"
            : "\(count) rescuers help; lower the bitrate if it stays"
    }

    /// One viewer, or several, miss chunks.
    func worstViewer() -> Verdict? {
        // A viewer is told of its own chunks in words of their own.
        let affected = unpunctual().filter { $0.peer.id != snapshot.own }
        guard let worst = affected.first else { return nil }
        let others = affected.count > 1 ? " (and \(affected.count - 1) more)" : ""
        let head =
            "\(called(worst.peer))\(others) got \(figures.portion(worst.continuity)) "
            + "of its chunks in time"
        return Verdict(
            rule: .worstViewer,
            severity: severity(worst.continuity),
            text: "\(head): \(cause(of: worst.peer))"
        )
    }

    /// Many viewers left at once.
    func exodus() -> Verdict? {
        let most = scene.window(WhyRules.exodusSeconds).map(\.snapshot.viewers).max() ?? 0
        let gone = most &- snapshot.viewers
        guard most >= WhyRules.audience, gone >= 3,
            Double(gone) >= WhyRules.exodusShare * Double(most)
        else { return nil }
        let text =
            "\(gone) of \(most) viewers left within half a minute: the stream's end, or a network "
            + "that many of them share; look at the events, and whether the picture is right"
        return Verdict(rule: .exodus, severity: .warning, text: text)
    }

    /// No tracker answers: the swarm lives, but nobody can join.
    func trackers() -> Verdict? {
        guard let trackers = snapshot.trackers, !trackers.isEmpty,
            trackers.allSatisfy({
                $0.state != "member" && ($0.lastS ?? .infinity) >= WhyRules.trackerSeconds
            }),
            lasts(
                WhyRules.lastingLong,
                { snapshot in
                    !(snapshot.trackers ?? []).contains { $0.state == "member" }
                }
            )
        else { return nil }
        let who = trackers.count == 1 ? "the tracker" : "none of \(trackers.count) trackers"
        let does = trackers.count == 1 ? "does not answer" : "answers"
        let text =
            "\(who) \(does); viewers play on, new ones cannot join: check that it runs and that its "
            + "UDP port is open"
        return Verdict(rule: .trackers, severity: .warning, text: text)
    }

    /// One viewer is far behind the others.
    func laggard() -> Verdict? {
        guard let median = snapshot.lagMs.p50 else { return nil }
        let bound = max(WhyRules.lagFair, WhyRules.lagFactor * median)
        let slowest = vantage.viewers.filter { !WhyRules.isLateByChoice($0) }
            .max { ($0.lagMs ?? 0) < ($1.lagMs ?? 0) }
        guard let slowest, let lag = slowest.lagMs, lag > bound,
            lasts(WhyRules.lasting, { ($0.lagMs.worst ?? lag) > bound })
        else { return nil }
        let text =
            "\(called(slowest)) is \(figures.seconds(lag)) behind, the others "
            + "\(figures.seconds(median)): \(causeOfLag(lag, of: slowest))"
        return Verdict(rule: .laggard, severity: .warning, text: text)
    }

    /// Why a viewer is behind, as far as its row tells.
    private func causeOfLag(_ lag: Double, of peer: PeerRow) -> String {
        if let trip = peer.rttMs, trip.isFinite, trip >= WhyRules.tripShare * lag {
            return
                "a datagram takes \(figures.seconds(trip)) to it and back; something fills its line, "
                + "or its network is slow"
        }
        return causeOnLine(of: peer) ?? "its parents were late; the overlay looks for better ones"
    }

    /// Whether a viewer holds most of its lag in its buffer: it was asked to play so late.
    private static func isLateByChoice(_ peer: PeerRow) -> Bool {
        guard let lag = peer.lagMs, let buffer = peer.bufferMs else { return false }
        return buffer >= lag / 2
    }

    /// The source carries almost everybody itself.
    func loadedSource() -> Verdict? {
        guard let load = snapshot.sourceLoad, snapshot.viewers >= WhyRules.audience,
            load > WhyRules.loadShare * Double(snapshot.viewers),
            lasts(
                WhyRules.lastingLong,
                {
                    ($0.sourceLoad ?? 0) > WhyRules.loadShare * Double($0.viewers)
                }
            )
        else { return nil }
        let text =
            "the source feeds almost everybody itself (\(figures.factor(load)) "
            + "for \(snapshot.viewers) viewers); let viewers upload: --up above 0"
        return Verdict(rule: .loadedSource, severity: .warning, text: text)
    }

    /// A feedback loop has come to its limit; that of the uplink has words of its own.
    func limit() -> Verdict? {
        guard
            let loop = snapshot.loops.first(where: {
                $0.state == "limited" && $0.name != "uplink"
            }),
            lasts(
                WhyRules.lasting,
                { snapshot in
                    snapshot.loops.contains { $0.name == loop.name && $0.state == "limited" }
                }
            )
        else { return nil }
        return Verdict(
            rule: .limit,
            severity: .warning,
            text: "\(words(for: loop)); \(cure(of: loop))"
        )
    }

    /// What it means that a loop can do no more; for experts the loops' own view has the figures.
    private func words(for loop: LoopRow) -> String {
        switch loop.name {
        case "connectivity": "hardly any peer can be met (\(loop.value))"
        case "redundancy":
            "the viewers' networks lose so much that all the repair allowed hardly suffices "
                + "(\(loop.value))"
        default: "\(loop.name) can do no more: \(loop.value)"
        }
    }

    private func cure(of loop: LoopRow) -> String {
        switch loop.name {
        case "connectivity": "check the firewall: candela doctor"
        case "redundancy", "repair": "a longer --latency or a lower bitrate helps"
        default: "more upload in the swarm helps"
        }
    }

    /// Many paths lead over a third peer.
    func relayed() -> Verdict? {
        let paths = snapshot.peers.compactMap(\.path).filter { $0 != "self" }
        let relayed = paths.count { $0 == "relayed" }
        guard relayed > 0, Double(relayed) >= WhyRules.relayedShare * Double(paths.count) else {
            return nil
        }
        let text =
            "\(relayed) of \(paths.count) peers cannot be reached directly through the NATs; "
            + "a tracker passes their datagrams on; a forwarded UDP port spares it that"
        return Verdict(rule: .relayed, severity: .warning, text: text)
    }

    /// How many seconds ago a viewer came back that was there before and then was not.
    private func wasAway(_ peer: PeerRow) -> Double? {
        guard let now = scene.time else { return nil }
        let window = scene.window(2 * WhyRules.recent)
        let isThere = window.map { $0.snapshot.peers.contains { $0.id == peer.id } }
        guard let gone = isThere.lastIndex(of: false), isThere[..<gone].contains(true) else {
            return nil
        }
        return now - window[window.startIndex + gone].time
    }

    /// Why a viewer does badly, as far as its row tells.
    private func cause(of peer: PeerRow) -> String {
        if let known = causeOnLine(of: peer) { return known }
        if let buffer = peer.bufferMs, buffer < Level.bufferThin {
            return "its buffer is thin; a longer --latency would help"
        }
        return "its parents were late; the overlay looks for better ones"
    }

    /// What its row tells of a viewer's line and parents; nil where these are sound.
    private func causeOnLine(of peer: PeerRow) -> String? {
        let stripes = WhyRules.stripeCount(snapshot)
        if let back = wasAway(peer) {
            return "it was out of reach until \(figures.ago(max(2, back))) ago; no action needed"
        }
        if let down = peer.downBps, let media = snapshot.bitrateBps,
            down < WhyRules.downloadShare * media
        {
            return
                "only \(figures.rateInWords(down)) of \(figures.rateInWords(media)) reach it; its line "
                + "is full, slow or cut"
        }
        if let loss = peer.loss, loss >= Level.lossFair {
            return "its network loses \(figures.loss(loss)); a cable would help"
        }
        if peer.parents.count < stripes {
            return "\(stripes - peer.parents.count) of its stripes lack a parent; others are asked"
        }
        return nil
    }
}
