import Telemetry

/// The rules, each the whole of one cause.
struct WhyRules {
    private typealias Verdict = WhySentence.Verdict
    private let snapshot: SwarmSnapshot
    private let vantage: Vantage
    private let figures = Figures(glyphs: .blocks)

    /// A viewer this many times further behind than the median is singled out.
    private static let lagFactor = 3.0
    /// No viewer is singled out for a lag below this, in milliseconds: the default playout delay.
    private static let lagFair = 1_500.0
    /// The source's share of all copies above which the viewers hardly help.
    private static let loadShare = 0.75
    /// The least audience of which help can be expected.
    private static let audience = 4
    /// From this share of relayed paths it is worth a word.
    private static let relayedShare = 0.3

    /// Prepares the rules for a snapshot.
    init(_ snapshot: SwarmSnapshot) {
        self.snapshot = snapshot
        vantage = Vantage(snapshot)
    }

    /// Nothing comes from the source.
    func silence() -> WhySentence.Verdict? {
        guard !snapshot.live else { return nil }
        if vantage.own?.role == "source" {
            let cure = "check the encoder or the file behind SOURCE"
            return Verdict(severity: .error, text: "your input brings no media; \(cure)")
        }
        if snapshot.bitrateBps == nil, snapshot.continuity.mean == nil {
            return Verdict(
                severity: .warning,
                text: "waiting for the source's first block; it may not have started yet"
            )
        }
        let others = snapshot.peers.count { $0.id != snapshot.own }
        if vantage.isViewer, others == 0 {
            return Verdict(
                severity: .error,
                text: "you reach no other peer; check your connection, then: candela doctor"
            )
        }
        return Verdict(
            severity: .error,
            text: "the source sends nothing for 2 s; the picture returns when it does"
        )
    }

    /// The own access link loses datagrams.
    func ownLoss() -> WhySentence.Verdict? {
        guard vantage.isViewer, let loss = vantage.own?.loss, loss >= Level.lossFair else {
            return nil
        }
        let text =
            "your network loses \(figures.loss(loss)) of the datagrams; "
            + "use a cable or move closer to the access point"
        return Verdict(severity: loss >= Level.lossBad ? .error : .warning, text: text)
    }

    /// The own upload is all in use.
    func ownUplink() -> WhySentence.Verdict? {
        guard let loop = snapshot.loops.first(where: { $0.name == "uplink" }),
            loop.state == "limited"
        else { return nil }
        let text =
            "your uplink is full (\(loop.value)); children move to other parents; "
            + "close other uploads or set --up lower"
        return Verdict(severity: .warning, text: text)
    }

    /// Stripes without a parent.
    func ownParents() -> WhySentence.Verdict? {
        guard vantage.isViewer, let own = vantage.own else { return nil }
        let stripes = Set(snapshot.peers.flatMap { $0.parents.keys }).count
        let missing = stripes - own.parents.count
        guard missing > 0 else { return nil }
        let text =
            "\(missing) of \(stripes) stripes have no parent here; "
            + "repair covers them while others are asked"
        return Verdict(severity: .warning, text: text)
    }

    /// This viewer misses chunks though its network is sound.
    func ownLate() -> WhySentence.Verdict? {
        guard vantage.isViewer, let own = vantage.own, let continuity = own.continuity,
            continuity < Level.continuityFair
        else { return nil }
        let head = "\(figures.portion(continuity)) of your chunks came in time"
        let cause =
            (own.bufferMs ?? .infinity) < Level.bufferThin
            ? "the buffer is thin; join with a longer --latency"
            : "parents upstream were late; the overlay looks for better ones"
        return Verdict(severity: severity(continuity), text: "\(head): \(cause)")
    }

    /// The viewers need more upload than there is.
    func shortage() -> WhySentence.Verdict? {
        guard let load = snapshot.rescue.load, load > 1 else { return nil }
        var text = "the swarm is short of upload"
        if let demand = snapshot.rescue.demandBps, let capacity = snapshot.rescue.capacityBps {
            text += " (needs \(figures.rateInWords(demand)), has \(figures.rateInWords(capacity)))"
        }
        let cure =
            snapshot.rescue.rescuers.isEmpty
            ? "start a rescuer or lower the bitrate"
            : "\(snapshot.rescue.rescuers.count) rescuers help; lower the bitrate if it stays"
        return Verdict(severity: .warning, text: "\(text); \(cure)")
    }

    /// One viewer, or several, miss chunks.
    func worstViewer() -> WhySentence.Verdict? {
        let affected = vantage.viewers.filter { ($0.continuity ?? 1) < Level.continuityFair }
        guard let worst = affected.min(by: { ($0.continuity ?? 1) < ($1.continuity ?? 1) }),
            let continuity = worst.continuity
        else { return nil }
        let others = affected.count > 1 ? " (and \(affected.count - 1) more)" : ""
        let head =
            "\(called(worst))\(others) got \(figures.portion(continuity)) of its chunks in time"
        return Verdict(severity: severity(continuity), text: "\(head): \(cause(of: worst))")
    }

    /// One viewer is far behind the others.
    func laggard() -> WhySentence.Verdict? {
        guard let median = snapshot.lagMs.p50 else { return nil }
        let bound = max(WhyRules.lagFair, WhyRules.lagFactor * median)
        let slowest = vantage.viewers.max { ($0.lagMs ?? 0) < ($1.lagMs ?? 0) }
        guard let slowest, let lag = slowest.lagMs, lag > bound else { return nil }
        let who = slowest.id == snapshot.own ? "you are" : "\(called(slowest)) is"
        let text =
            "\(who) \(figures.seconds(lag)) behind, the others \(figures.seconds(median)): "
            + cause(of: slowest)
        return Verdict(severity: .warning, text: text)
    }

    /// The source carries almost everybody itself.
    func loadedSource() -> WhySentence.Verdict? {
        guard let load = snapshot.sourceLoad, snapshot.viewers >= WhyRules.audience,
            load > WhyRules.loadShare * Double(snapshot.viewers)
        else { return nil }
        let text =
            "the source feeds almost everybody itself (\(figures.factor(load)) "
            + "for \(snapshot.viewers) viewers); let viewers upload: --up above 0"
        return Verdict(severity: .warning, text: text)
    }

    /// A feedback loop has come to its limit.
    func limit() -> WhySentence.Verdict? {
        guard let loop = snapshot.loops.first(where: { $0.state == "limited" }) else { return nil }
        var text = "\(loop.name) is at its limit: \(loop.value)"
        if !loop.target.isEmpty { text += " for \(loop.target)" }
        if !loop.lastAction.isEmpty { text += "; last: \(loop.lastAction)" }
        return Verdict(severity: .warning, text: text)
    }

    /// Many paths lead over a third peer.
    func relayed() -> WhySentence.Verdict? {
        let paths = snapshot.peers.compactMap(\.path).filter { $0 != "self" }
        let relayed = paths.count { $0 == "relayed" }
        guard relayed > 0, Double(relayed) >= WhyRules.relayedShare * Double(paths.count) else {
            return nil
        }
        let text =
            "\(relayed) of \(paths.count) peers cannot be reached directly through the NATs; "
            + "others relay for them"
        return Verdict(severity: .warning, text: text)
    }

    /// All is well, as far as anything is known.
    func health() -> WhySentence.Verdict {
        guard snapshot.viewers > 0 else {
            return Verdict(severity: .info, text: "nobody watches yet; share the link")
        }
        var text = "all is well: "
        if vantage.isViewer {
            text += "you play \(figures.seconds(vantage.behind)) behind the source"
            if vantage.behind == nil { text = "all is well: you play in time" }
        } else {
            text +=
                snapshot.viewers == 1 ? "the viewer plays" : "all \(snapshot.viewers) viewers play"
            text += " in time"
        }
        if vantage.rescued > 0 {
            let chunks =
                vantage.rescued == 1 ? "1 late chunk was" : "\(vantage.rescued) late chunks were"
            text += "; \(chunks) rescued before anybody saw it"
        }
        return Verdict(severity: .info, text: text)
    }

    private func severity(_ continuity: Double) -> Severity {
        continuity < Level.continuityBad ? .error : .warning
    }

    private func called(_ peer: PeerRow) -> String {
        let short = TextWidth.printable(String(peer.id.prefix(4)))
        let name = TextWidth.printable(peer.name)
        if peer.id == snapshot.own { return "this peer" }
        return name.isEmpty ? "peer \(short)" : "\(name) (\(short))"
    }

    private func cause(of peer: PeerRow) -> String {
        let stripes = Set(snapshot.peers.flatMap { $0.parents.keys }).count
        if let loss = peer.loss, loss >= Level.lossFair {
            return "its network loses \(figures.loss(loss)); a cable would help"
        }
        if peer.parents.count < stripes {
            return "\(stripes - peer.parents.count) of its stripes lack a parent; others are asked"
        }
        if let buffer = peer.bufferMs, buffer < Level.bufferThin {
            return "its buffer is thin; a longer --latency would help"
        }
        return "its parents were late; the overlay looks for better ones"
    }
}
