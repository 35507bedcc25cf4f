import Telemetry

/// A swarm that lives second by second, always the same for the same seed: jitter and now and then a
/// chunk that is rescued, and nothing wrong but what is asked for.
struct SwarmPlay {
    /// What is wrong.
    enum Fault: CaseIterable {
        case none, ownMachine, ownLoss, ownDelay, ownDownload, ownUplink, ownParents, ownLate,
            ownBuffer
        case noInput, sourceSilent, isolated, sourceSag, loadedSource
        case worstViewer, laggard, exodus, violation, shortage, trackers, limit, relayed
    }

    /// Whose node tells.
    enum Side {
        case source, viewer, tracker
    }

    private(set) var snapshot = SwarmSnapshot()
    private(set) var second = 0
    var fault = Fault.none
    private let side: Side
    private var random: UInt64
    private var bases: [(rtt: Double, lag: Double)] = []

    /// The clock's beginning, in seconds since 1970: a noon.
    static let start = 1_700_049_600.0

    init(viewers: Int, side: Side = .viewer, seed: UInt64 = 1) {
        self.side = side
        random = seed
        snapshot = Fixture.swarm(viewers: viewers)
        snapshot.video = "720p30"
        snapshot.link = "candela://3f9c2a77d1e4b5a6?t=203.0.113.7:9000&n=Sunday"
        snapshot.events = []
        snapshot.stalls = 0
        for index in snapshot.peers.indices where index > 0 {
            bases.append((8 + unit() * 60, 380 + unit() * 90))
            snapshot.peers[index].chunksDue = 0
            snapshot.peers[index].chunksInTime = 0
            snapshot.peers[index].rescuesAsked = 0
            snapshot.peers[index].bufferTargetMs = 1_000
            snapshot.peers[index].path = "direct"
            snapshot.peers[index].loss = 0
            snapshot.peers[index].score = 1
        }
        switch side {
        case .source: break
        case .viewer: snapshot.own = snapshot.peers.dropFirst().first?.id
        case .tracker: snapshot.own = nil
        }
        snapshot.trackers = [TrackerRow(place: "203.0.113.7:9000", state: "member")]
        snapshot.rescueTraces = []
        snapshot.loops = Self.loops
        step()
    }

    private static let loops = [
        LoopRow(
            name: "connectivity",
            state: "steady",
            target: "2 neighbours or more",
            value: "6",
            lastAction: ""
        ),
        LoopRow(
            name: "uplink",
            state: "steady",
            target: "queue below 25 ms",
            value: "4 seats, 3 used, queue 4 ms",
            lastAction: "doubled the seats"
        ),
        LoopRow(
            name: "parents",
            state: "steady",
            target: "a live parent per stripe",
            value: "8 of 8",
            lastAction: ""
        ),
        LoopRow(
            name: "redundancy",
            state: "acting",
            target: "expected cost below 18 ms",
            value: "11 ms at 0.3 % missed",
            lastAction: "1 repair chunk a row"
        ),
    ]

    var time: Double { Self.start + Double(second) }

    /// One second later.
    mutating func step() {
        second += 1
        snapshot.madeAt = time
        snapshot.uptimeS = Double(second)
        snapshot.bitrateBps = 3_100_000 * (0.97 + 0.06 * unit())
        snapshot.sourceLoad = 1.8
        for index in Array(snapshot.peers.indices) { live(index) }
        rescueNowAndThen()
        map()
        snapshot.trackers?[0].lastS = Double(second % 10)
        snapshot.trackers?[0].rttMs = 12
        let viewers = snapshot.viewers
        snapshot.trackers?[0].viewers = viewers
        inflict()
        Fixture.measure(&snapshot)
    }

    private mutating func live(_ index: Int) {
        guard index > 0 else {
            snapshot.peers[0].upBps = 6_200_000 * (0.97 + 0.06 * unit())
            return
        }
        let base = bases[index - 1]
        snapshot.peers[index].rttMs = base.rtt * (0.92 + 0.16 * unit())
        snapshot.peers[index].downBps = 3_500_000 * (0.97 + 0.06 * unit())
        snapshot.peers[index].upBps = Double(index % 5) * 1_400_000 * (0.97 + 0.06 * unit())
        snapshot.peers[index].lagMs = base.lag * (0.97 + 0.06 * unit())
        snapshot.peers[index].bufferMs = 1_000 - (snapshot.peers[index].lagMs ?? 0) * 0.9
        snapshot.peers[index].lastS = unit() * 1.5
        snapshot.peers[index].chunksDue? += 340
        snapshot.peers[index].chunksInTime? += 340
        let due = Double(snapshot.peers[index].chunksDue ?? 1)
        snapshot.peers[index].continuity = Double(snapshot.peers[index].chunksInTime ?? 0) / due
        snapshot.peers[index].pictureContinuity = snapshot.peers[index].continuity
    }

    private mutating func rescueNowAndThen() {
        guard snapshot.peers.count > 1, unit() < 0.05 else { return }
        let index = 1 + Int(unit() * Double(snapshot.peers.count - 1))
        snapshot.peers[index].rescued = (snapshot.peers[index].rescued ?? 0) + 1
        snapshot.peers[index].rescuesAsked? += 1
        guard snapshot.peers[index].id == snapshot.own else { return }
        var trace = RescueTraceRow(t: time, block: second * 10, index: Int(unit() * 40))
        trace.deadlineMs = 900
        trace.arrivedMs = (20 + unit() * 90).rounded()
        let parent = snapshot.peers[index].parents["3"] ?? ""
        trace.asks = [RescueAskRow(afterMs: 0, peer: parent, role: "parent")]
        if unit() < 0.5 {
            trace.asks.append(RescueAskRow(afterMs: 12, peer: snapshot.peers[0].id, role: "source"))
        }
        trace.from = trace.asks.last?.peer
        trace.outcome = .came
        snapshot.rescueTraces = (snapshot.rescueTraces ?? []).suffix(49) + [trace]
        let text = "a chunk of block \(trace.block) was missing; the source brought it"
        tell(.info, .rescue, text)
    }

    private mutating func map() {
        guard side == .viewer else { return }
        let newest = second * 10
        var places = [Character](repeating: "#", count: 60)
        for trace in snapshot.rescueTraces ?? [] {
            let place = trace.block - (newest - 59)
            if places.indices.contains(place) { places[place] = "!" }
        }
        for place in 56..<59 { places[place] = "=" }
        places[59] = "."
        snapshot.chunkMap = ChunkMapRow(
            first: newest - 59,
            places: String(places),
            newest: newest,
            playout: newest - 9
        )
    }

    private mutating func tell(_ severity: Severity, _ kind: EventKind, _ text: String) {
        snapshot.events = snapshot.events.suffix(99) + [Fixture.event(time, severity, kind, text)]
    }

    /// A fair number in 0..<1 (SplitMix64).
    private mutating func unit() -> Double {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ mixed >> 31) >> 11) / 9_007_199_254_740_992
    }
}

extension SwarmPlay {
    /// Does what is wrong to the present second.
    private mutating func inflict() {
        switch fault {
        case .none:
            snapshot.live = true
            snapshot.turnDelayMs = 0.4
        case .ownMachine:
            snapshot.turnDelayMs = 140
            snapshot.peers[1].chunksInTime? -= 20
        case .ownLoss: snapshot.peers[1].loss = 0.05
        case .ownDelay: for index in 1..<snapshot.peers.count { snapshot.peers[index].rttMs = 340 }
        case .ownDownload:
            snapshot.peers[1].downBps = 1_200_000
            snapshot.peers[1].chunksInTime? -= 120
        case .ownUplink: limit(loop: "uplink")
        case .ownParents: for stripe in ["2", "5"] { snapshot.peers[1].parents[stripe] = nil }
        case .ownLate: snapshot.peers[1].chunksInTime? -= 20
        case .ownBuffer: snapshot.peers[1].bufferMs = 140
        case .noInput, .sourceSilent: snapshot.live = false
        case .isolated:
            snapshot.live = false
            snapshot.peers = snapshot.peers.filter { $0.id == snapshot.own }
        case .sourceSag: snapshot.bitrateBps = 900_000
        case .loadedSource: snapshot.sourceLoad = 0.9 * Double(snapshot.viewers)
        case .worstViewer:
            for index in [3, 4] { snapshot.peers[index].chunksInTime? -= 40 / index }
        case .laggard: snapshot.peers[2].lagMs = 4_000
        case .exodus, .violation, .shortage, .trackers, .limit, .relayed: inflictOnSwarm()
        }
    }

    private mutating func inflictOnSwarm() {
        switch fault {
        case .exodus where snapshot.peers.count > 5:
            snapshot.peers.removeLast(4)
            snapshot.viewers -= 4
        case .violation where snapshot.events.last?.kind != .violation:
            tell(.error, .violation, "Feste (78dd) sent a bad chunk; banned")
        case .shortage:
            snapshot.rescue.load = 1.4
            snapshot.rescue.demandBps = 14e6
            snapshot.rescue.capacityBps = 10e6
        case .trackers:
            snapshot.trackers = [TrackerRow(place: "203.0.113.7:9000", state: "silent")]
            snapshot.trackers?[0].lastS = 45
        case .limit: limit(loop: "redundancy")
        case .relayed:
            for index in 1..<snapshot.peers.count where index % 2 == 0 {
                snapshot.peers[index].path = "relayed"
            }
        default: break
        }
    }

    private mutating func limit(loop name: String) {
        for index in snapshot.loops.indices where snapshot.loops[index].name == name {
            snapshot.loops[index].state = "limited"
        }
    }
}
