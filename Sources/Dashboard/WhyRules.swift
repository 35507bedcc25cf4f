import Telemetry

/// The rules, each the whole of one cause; here what they share, and those on whether media comes.
///
/// A rule looks at the last seconds, not at one snapshot, where a moment proves nothing; what is over
/// is not told any more.
struct WhyRules {
    typealias Verdict = WhySentence.Verdict
    let scene: Scene
    let snapshot: SwarmSnapshot
    let vantage: Vantage
    let figures = Figures(glyphs: .blocks)

    /// A fault is told after it lasted so many seconds: longer than a change of parents takes, which
    /// Candela means to finish within 180 ms of gap and one exchange with the tracker.
    static let lasting = 3.0
    /// What moves slowly is told after so many seconds.
    static let lastingLong = 10.0
    /// The seconds over which chunks in time are counted.
    static let recent = 20.0
    /// All peers silent for so many seconds: the cause is here, for those who feed each other speak every
    /// second; and parents do at least twice a second.
    static let unheard = 1.8
    static let unheardShort = 0.8
    /// The first peers are met within so many seconds: one exchange with the tracker, and punches that
    /// are repeated for 2 s.
    static let meeting = 5.0
    /// Fewer chunks than this prove nothing: two blocks of the least size.
    static let chunksMin = 32
    /// What is usual is the median of so many seconds.
    static let usual = 300.0

    /// Prepares the rules for a scene.
    init(_ scene: Scene) {
        self.scene = scene
        snapshot = scene.shown
        vantage = Vantage(snapshot)
    }

    /// The one that is watched does not answer any more.
    func lost() -> Verdict? {
        guard case .lost(let seconds) = scene.contact else { return nil }
        let text =
            "the node that is watched has not answered for \(figures.ago(max(2, seconds))); this is "
            + "what it said last. Start it again: this screen attaches by itself"
        return Verdict(rule: .lost, severity: .error, text: text)
    }

    /// Nothing has come yet.
    func waiting() -> Verdict? {
        guard scene.snapshot == nil else { return nil }
        let text = "waiting for the first report of the swarm"
        return Verdict(rule: .waiting, severity: .warning, text: text)
    }

    /// Nothing comes from the source.
    func silence() -> Verdict? {
        guard !snapshot.live else { return nil }
        if vantage.own?.role == "source" {
            let cure = "check the encoder or the file behind SOURCE"
            let text = "your input brings no media; \(cure)"
            return Verdict(rule: .noInput, severity: .error, text: text)
        }
        if vantage.isViewer, snapshot.trackers?.contains(where: { $0.state == "in line" }) ?? false
        {
            let text =
                "many join at once, and you are in line; the picture comes by itself in some seconds"
            return Verdict(rule: .notStarted, severity: .warning, text: text)
        }
        if snapshot.bitrateBps == nil, snapshot.continuity.mean == nil {
            let text = "waiting for the source's first block; it may not have started yet"
            return Verdict(rule: .notStarted, severity: .warning, text: text)
        }
        let others = snapshot.peers.count { $0.id != snapshot.own }
        if vantage.isViewer, others == 0, snapshot.continuity.mean == nil,
            snapshot.uptimeS < WhyRules.meeting
        {
            let text = "joined; meeting the first peers"
            return Verdict(rule: .notStarted, severity: .warning, text: text)
        }
        if vantage.isViewer, others == 0 {
            let text = "you reach no other peer; check your connection, then: candela doctor"
            return Verdict(rule: .isolated, severity: .error, text: text)
        }
        if vantage.isViewer, isNobodyHeard(for: WhyRules.unheard) {
            let text =
                "nothing reaches you from any of \(others) peers: your connection is down; check "
                + "cable or Wi-Fi, then: candela doctor"
            return Verdict(rule: .isolated, severity: .error, text: text)
        }
        let text = "the source sends nothing for 2 s; the picture returns when it does"
        return Verdict(rule: .sourceSilent, severity: .error, text: text)
    }

    /// Whether every peer has been silent for so many seconds.
    func isNobodyHeard(for seconds: Double) -> Bool {
        let others = snapshot.peers.filter { $0.id != snapshot.own }
        return others.allSatisfy { ($0.lastS ?? 0) >= seconds }
    }

    /// The stream is there, but nothing of it has been played here yet.
    func starting() -> Verdict? {
        guard vantage.isViewer, let own = vantage.own, own.startupMs == nil, own.continuity == nil
        else { return nil }
        let text = "joined; the picture comes with the first key frame that is whole"
        return Verdict(rule: .starting, severity: .warning, text: text)
    }

    /// All is well, as far as anything is known.
    func health() -> Verdict {
        guard snapshot.viewers > 0 else {
            let text = "nobody watches yet; share the link"
            return Verdict(rule: .healthy, severity: .info, text: text)
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
        if let waiting = snapshot.tracking?.waiting, waiting > 0 {
            text += "; \(waiting) more are in line to be taken in"
        }
        return Verdict(rule: .healthy, severity: .info, text: text)
    }

    // MARK: What the rules share

    /// Whether something held in every snapshot of the last seconds; of a single one, in that.
    func lasts(_ seconds: Double, _ holds: (SwarmSnapshot) -> Bool) -> Bool {
        let window = scene.window(seconds)
        guard !window.isEmpty else { return holds(snapshot) }
        return window.allSatisfy { holds($0.snapshot) }
    }

    /// The own row of a snapshot.
    static func own(_ snapshot: SwarmSnapshot) -> PeerRow? {
        snapshot.own.flatMap { id in snapshot.peers.first { $0.id == id } }
    }

    /// The median of a measure over the last five minutes; nil before half a minute is known.
    func usually(_ measure: (SwarmSnapshot) -> Double?) -> Double? {
        let window = scene.window(WhyRules.usual)
        guard let first = window.first, let last = window.last, last.time - first.time >= 30 else {
            return nil
        }
        // A moment every five seconds tells as much as one every second.
        let step = max(1, window.count / 60)
        var values: [Double] = []
        for place in stride(from: window.startIndex, to: window.endIndex, by: step) {
            guard let value = measure(window[place].snapshot), value.isFinite else { continue }
            values.append(value)
        }
        values.sort()
        return values.isEmpty ? nil : values[values.count / 2]
    }

    /// The share of the chunks of the last seconds that came in time at the viewers that are
    /// worth a word, the worst first; since the start where nobody counts.
    func unpunctual() -> [(peer: PeerRow, continuity: Double)] {
        let before = scene.window(WhyRules.recent).first?.snapshot.peers ?? []
        var byID: [String: PeerRow] = [:]
        var found: [(peer: PeerRow, continuity: Double)] = []
        for (place, peer) in snapshot.peers.enumerated() where peer.role == "viewer" {
            var old = before.indices.contains(place) ? before[place] : nil
            if let row = old, row.id != peer.id {
                if byID.isEmpty { for row in before { byID[row.id] = row } }
                old = byID[peer.id]
            }
            guard let share = WhyRules.recentShare(peer, since: old),
                share < Level.continuityFair
            else { continue }
            found.append((peer, share))
        }
        return found.sorted { ($0.continuity, $0.peer.id) < ($1.continuity, $1.peer.id) }
    }

    /// The own share of the last seconds.
    func ownRecent() -> Double? {
        guard let own = vantage.own else { return nil }
        let before = scene.window(WhyRules.recent).first?.snapshot.peers.first { $0.id == own.id }
        return WhyRules.recentShare(own, since: before)
    }

    private static func recentShare(_ peer: PeerRow, since old: PeerRow?) -> Double? {
        guard let due = peer.chunksDue, let inTime = peer.chunksInTime, due > 0 else {
            return peer.continuity
        }
        let dueBefore = old?.chunksDue ?? 0
        let inTimeBefore = old?.chunksInTime ?? 0
        // A restarted peer counts from 0 again; the first seconds of a swarm have nothing before them.
        guard old?.chunksDue != due, dueBefore <= due, inTimeBefore <= inTime else {
            return old?.chunksDue == due ? nil : Double(inTime) / Double(due)
        }
        let count = due - dueBefore
        guard count >= chunksMin else { return nil }
        return Double(inTime - inTimeBefore) / Double(count)
    }

    /// How much a share of chunks in time matters.
    func severity(_ continuity: Double) -> Severity {
        continuity < Level.continuityBad ? .error : .warning
    }

    /// A peer as people speak of it.
    func called(_ peer: PeerRow) -> String {
        let short = TextWidth.printable(String(peer.id.prefix(4)))
        let name = TextWidth.printable(peer.name)
        if peer.id == snapshot.own { return "this peer" }
        return name.isEmpty ? "peer \(short)" : "\(name) (\(short))"
    }
}
