import Telemetry

/// The rules on the own side: a viewer's network, parents and buffer.
extension WhyRules {
    /// The own line is taken for full when its delay rises by this factor and by this much, in
    /// milliseconds: uplink queues are kept below 25 ms, so a rise of 100 ms has another cause.
    private static let delayFactor = 3.0
    private static let delayRise = 100.0
    /// Less than this share of the media rate cannot be made up for by repair.
    static let downloadShare = 0.85
    /// A download that is too small is told after so many seconds.
    private static let starvedLasting = 4.0
    /// Loss is smoothed and told after so many seconds: a full uplink is known earlier.
    private static let lossLasting = 5.0
    /// The playout delay that `join` takes when it is not told another, in milliseconds.
    private static let latencyDefault = 1_000.0
    /// A turn that comes later than this, in milliseconds, costs chunks: a stripe is given up 20 ms after its
    /// usual lateness, and a parent within 180 ms.
    private static let turnBad = 40.0
    /// A buffer below this share of what it is meant to cover is worth a word.
    private static let bufferShare = 0.25

    /// The own computer has too little time for Candela.
    func ownMachine() -> Verdict? {
        guard let delay = snapshot.turnDelayMs, delay.isFinite, delay >= WhyRules.turnBad,
            lasts(WhyRules.lasting, { ($0.turnDelayMs ?? 0) >= WhyRules.turnBad })
        else { return nil }
        let text =
            "this computer is too busy: Candela waits \(figures.milliseconds(delay)) ms for its turn; "
            + "close other programs, or lower the bitrate"
        return Verdict(rule: .ownMachine, severity: .warning, text: text)
    }

    /// The own access link loses datagrams.
    func ownLoss() -> Verdict? {
        guard vantage.isViewer, let loss = vantage.own?.loss, loss >= Level.lossFair,
            lasts(WhyRules.lossLasting, { (WhyRules.own($0)?.loss ?? 0) >= Level.lossFair }),
            // What a full line spills is told as that.
            !WhyRules.isStarved(snapshot), !isUplinkSuspect
        else { return nil }
        let text =
            "your network loses \(figures.loss(loss)) of the datagrams; "
            + "use a cable or move closer to the access point"
        let severity: Severity = loss >= Level.lossBad ? .error : .warning
        return Verdict(rule: .ownLoss, severity: severity, text: text)
    }

    /// Every path from here has become slow at once: something fills the own line.
    func ownDelay() -> Verdict? {
        guard let now = WhyRules.roundTrip(snapshot), now >= WhyRules.delayRise,
            let usual = usually(WhyRules.roundTrip), WhyRules.isRaised(now, usual),
            lasts(WhyRules.lasting, { WhyRules.isRaised(WhyRules.roundTrip($0) ?? 0, usual) })
        else { return nil }
        let text =
            "your network's delay rose from \(figures.milliseconds(usual)) to "
            + "\(figures.milliseconds(now)) ms: something fills your line; pause other transfers"
        return Verdict(rule: .ownDelay, severity: .warning, text: text)
    }

    private static func isRaised(_ now: Double, _ usual: Double) -> Bool {
        now >= delayFactor * usual && now >= usual + delayRise
    }

    /// The median round trip of the own paths; nil at a tracker and with fewer than two.
    private static func roundTrip(_ snapshot: SwarmSnapshot) -> Double? {
        guard snapshot.own != nil else { return nil }
        let trips = snapshot.peers.compactMap(\.rttMs).filter(\.isFinite).sorted()
        return trips.count < 2 ? nil : trips[trips.count / 2]
    }

    /// Nothing came for a while, and now it does: what is counted of that while is no fault of now.
    func recovered() -> Verdict? {
        guard vantage.isViewer, snapshot.live, let now = scene.time,
            let last = scene.window(WhyRules.recent).last(where: { !$0.snapshot.live }),
            // Before the first block there was nothing that could have gone away.
            scene.window(WhyRules.usual).contains(where: {
                $0.snapshot.live && $0.time < last.time
            })
        else { return nil }
        let text =
            "the stream was away until \(figures.ago(max(2, now - last.time))) ago; the picture is "
            + "back, no action needed"
        return Verdict(rule: .recovered, severity: .warning, text: text)
    }

    /// Less comes in than the stream has.
    func ownDownload() -> Verdict? {
        guard vantage.isViewer, let down = vantage.own?.downBps, let media = snapshot.bitrateBps,
            let share = ownRecent(), share < Level.continuityFair,
            lasts(WhyRules.starvedLasting, { WhyRules.isStarved($0) }),
            // What is counted of a while without a stream says nothing of the line.
            recovered() == nil
        else { return nil }
        let text =
            "your download brings \(figures.rateInWords(down)) of \(figures.rateInWords(media)); "
            + "stop other downloads, or ask for a lower bitrate"
        return Verdict(rule: .ownDownload, severity: severity(share), text: text)
    }

    private static func isStarved(_ snapshot: SwarmSnapshot) -> Bool {
        guard let down = own(snapshot)?.downBps, let media = snapshot.bitrateBps else {
            return false
        }
        return down < downloadShare * media
    }

    /// The own upload is all in use.
    func ownUplink() -> Verdict? {
        guard !isMissing, WhyRules.isUplinkFull(snapshot),
            lasts(WhyRules.lasting, WhyRules.isUplinkFull)
        else { return nil }
        let rate = vantage.own?.upBps.map { " at \(figures.rateInWords($0))" } ?? ""
        let text =
            "your uplink is full\(rate); those you feed move to other peers; "
            + "close other uploads or set --up lower"
        return Verdict(rule: .ownUplink, severity: .warning, text: text)
    }

    /// Whether chunks are missed here: that is no uplink's work, though a full download makes the paths
    /// long in the same way.
    private var isMissing: Bool { (ownRecent() ?? 1) < Level.continuityFair }

    /// Whether the uplink was full within the last seconds, and nothing else is known to be wrong.
    private var isUplinkSuspect: Bool {
        !isMissing && !lasts(WhyRules.lasting, { !WhyRules.isUplinkFull($0) })
    }

    private static func isUplinkFull(_ snapshot: SwarmSnapshot) -> Bool {
        snapshot.loops.contains { $0.name == "uplink" && $0.state == "limited" }
    }

    /// Stripes without a parent.
    func ownParents() -> Verdict? {
        guard vantage.isViewer, let missing = WhyRules.orphans(snapshot), missing.count > 0,
            lasts(WhyRules.lasting, { (WhyRules.orphans($0)?.count ?? 0) > 0 })
        else { return nil }
        let text =
            "\(missing.count) of \(missing.stripes) stripes have no parent here"
            + (isShort
                ? ": the viewers lend too little upload; \(cureOfShortage)"
                : "; repair covers them while others are asked")
        return Verdict(rule: .ownParents, severity: .warning, text: text)
    }

    private static func orphans(_ snapshot: SwarmSnapshot) -> (count: Int, stripes: Int)? {
        guard let own = own(snapshot) else { return nil }
        let stripes = stripeCount(snapshot)
        return (stripes - own.parents.count, stripes)
    }

    /// How many stripes the stream has; where nobody tells, as many as anybody has parents in.
    static func stripeCount(_ snapshot: SwarmSnapshot) -> Int {
        if let stripes = snapshot.stripes { return stripes }
        var stripes: Set<String> = []
        for peer in snapshot.peers where peer.parents.count > stripes.count {
            stripes.formUnion(peer.parents.keys)
        }
        return stripes.count
    }

    /// This viewer misses chunks though its network is sound.
    func ownLate() -> Verdict? {
        guard vantage.isViewer, let own = vantage.own, let share = ownRecent(),
            share < Level.continuityFair,
            // What was missed while there was no stream is told as that.
            recovered() == nil
        else { return nil }
        if isNobodyHeard(for: WhyRules.unheardShort) {
            let text = "nothing reaches you just now; where it lasts, check cable or Wi-Fi"
            return Verdict(rule: .isolated, severity: .warning, text: text)
        }
        let head = "\(figures.portion(share)) of your chunks came in time"
        let cause =
            if isShort {
                "the viewers lend too little upload; \(cureOfShortage)"
            } else if (own.bufferMs ?? .infinity) < Level.bufferThin, isImpatient {
                "the buffer is thin; join with a longer --latency"
            } else {
                "parents upstream were late; the overlay looks for better ones"
            }
        return Verdict(rule: .ownLate, severity: severity(share), text: "\(head): \(cause)")
    }

    /// Whether less playout delay was asked for than there is by default: then more of it is a cure.
    private var isImpatient: Bool { (vantage.bufferTarget ?? 0) < WhyRules.latencyDefault }

    /// Everything comes in time yet, but little is left of the buffer.
    ///
    /// The buffer goes up and down with every block: its mean counts.
    func ownBuffer() -> Verdict? {
        let window = scene.window(WhyRules.lastingLong)
        guard vantage.isViewer, let target = vantage.bufferTarget, target > 0,
            let first = window.first, let last = window.last,
            last.time - first.time >= WhyRules.lastingLong / 2
        else { return nil }
        let known = window.compactMap { WhyRules.own($0.snapshot)?.bufferMs }.filter(\.isFinite)
        let mean = known.reduce(0, +) / Double(max(1, known.count))
        guard known.count == window.count, mean < WhyRules.bufferShare * target else { return nil }
        let text =
            "your buffer is down to \(figures.seconds(mean)) of \(figures.seconds(target)): chunks "
            + "come late; a longer --latency helps"
        return Verdict(rule: .ownBuffer, severity: .warning, text: text)
    }
}
