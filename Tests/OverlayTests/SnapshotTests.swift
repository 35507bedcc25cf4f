import Basics
import Blocks
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// What people see of a peer.
@Suite("Snapshot")
struct SnapshotTests {
    /// A peer that gets every stripe from `parent`, in a swarm with the source and a backup.
    private struct Scene {
        let lab: Lab
        let source, parent, backup: Puppet

        init(latency: TimeSpan = .zero) throws {
            lab = try Lab(latency: latency)
            (source, parent, backup) = (lab.puppet(1), lab.puppet(2), lab.puppet(3))
            lab.join(source: source)
            for puppet in [source, parent, backup] { lab.connect(puppet) }
            lab.plan(7, 0..<8, parent, backup)
            lab.accept(parent)
            parent.inbox.removeAll()
        }

        /// A block's time with everything but some chunks; the block.
        @discardableResult
        func stream(without missing: Set<Int> = [], repair: Int = 0) -> SealedBlock {
            let block = lab.block(repair: repair)
            lab.say(block.announcement, as: parent)
            for index in 0..<8 where !missing.contains(index) {
                lab.say(block.chunk(index, hops: 1), as: parent)
            }
            lab.run(for: .milliseconds(70))
            return block
        }

        var snapshot: SwarmSnapshot { lab.peer.snapshot(at: lab.now) }
        var own: PeerRow? { row(of: lab.identity.id) }
        var trace: RescueTraceRow? { snapshot.rescueTraces?.last }
        func row(of peer: PeerID) -> PeerRow? {
            snapshot.peers.first { $0.id == peer.description }
        }
    }

    @Test("says when it was made, on the clock of the events")
    func time() throws {
        let scene = try Scene()
        scene.stream()
        let snapshot = scene.snapshot
        #expect(snapshot.madeAt == Double(scene.lab.now.nanoseconds) / 1e9)
        let last = try #require(snapshot.events.last?.t)
        #expect(last <= snapshot.madeAt ?? 0 && last > (snapshot.madeAt ?? 0) - 1)
    }

    @Test("tells once that the stream stopped, and when it is back")
    func silence() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream() }
        #expect(scene.snapshot.live)
        scene.lab.run(for: .seconds(3))
        #expect(!scene.snapshot.live)
        let stops = scene.snapshot.events.filter { $0.kind == .stream && $0.severity == .error }
        #expect(stops.count == 1)
        scene.lab.say(scene.lab.block().announcement, as: scene.source)
        scene.lab.run(for: .milliseconds(70))
        #expect(scene.snapshot.live)
        #expect(scene.snapshot.events.contains { $0.text == "the stream is back after 3 s" })
    }

    @Test("what push brought needs no repair: all held, nothing asked, every chunk in time")
    func healthy() throws {
        let scene = try Scene()
        #expect(scene.snapshot.chunkMap == nil)
        for _ in 0..<12 { scene.stream() }
        let snapshot = scene.snapshot
        let map = ChunkMapRow(
            first: 0,
            places: String(repeating: "#", count: 12),
            newest: 11,
            playout: 11
        )
        #expect(snapshot.chunkMap == map)
        #expect(snapshot.rescueTraces == [] && snapshot.repairShare == 0)
        #expect(scene.own?.rescuesAsked == 0 && scene.own?.bufferTargetMs == 0)
        #expect(scene.own?.chunksDue == 96 && scene.own?.chunksInTime == 96)
        #expect(scene.row(of: scene.parent.id)?.score == 1)
    }

    @Test("a rescue is followed from the miss over the request to the chunk's coming")
    func rescue() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream() }
        let block = scene.stream(without: [6])
        scene.lab.say(.probe(Probe(sentAt: scene.lab.now)), as: scene.parent)
        scene.lab.run(for: .milliseconds(15))
        let waiting = try #require(scene.trace)
        #expect(waiting.block == 9 && waiting.index == 6 && waiting.outcome == .waiting)
        #expect(waiting.asks.map(\.role) == ["parent"])
        #expect(waiting.asks.map(\.peer) == [scene.parent.id.description])
        #expect(waiting.arrivedMs == nil && waiting.from == nil)
        #expect(scene.snapshot.chunkMap?.places == "#########=")
        let found = try #require(waiting.deadlineMs)
        #expect(found > 900 && found < 1_000, "1 s after its manifest, less the time to notice")
        scene.lab.say(block.chunk(6, hops: 1), as: scene.parent)
        let trace = try #require(scene.trace)
        #expect(trace.outcome == .came && trace.from == scene.parent.id.description)
        let arrived = try #require(trace.arrivedMs)
        #expect(abs(trace.t + arrived / 1e3 - (scene.snapshot.madeAt ?? 0)) < 1e-6)
        #expect(trace.marginMs == found - arrived && arrived > 0 && arrived < 100)
        #expect(scene.snapshot.rescueTraces?.count == 1)
        #expect(scene.snapshot.chunkMap?.places == "#########!")
        #expect(scene.own?.rescuesAsked == 1 && scene.own?.rescued == 1)
        #expect(scene.snapshot.repairShare == 1.0 / 80)
        #expect(scene.row(of: scene.parent.id)?.score == 79.0 / 80)
        #expect(scene.row(of: scene.backup.id)?.score == nil)
    }

    @Test("who is asked in turn is named by what it is to us; a chunk asked of many counts once")
    func roles() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream() }
        scene.stream(without: [6])
        for _ in 0..<9 { scene.stream() }
        let trace = try #require(scene.trace)
        #expect(trace.asks.first?.role == "parent")
        let names = Dictionary(trace.asks.map { ($0.role, $0.peer) }) { $1 }
        #expect(
            names == [
                "parent": scene.parent.id.description, "partner": scene.backup.id.description,
                "source": scene.source.id.description,
            ]
        )
        #expect(trace.asks.map(\.afterMs) == trace.asks.map(\.afterMs).sorted())
        #expect(trace.asks.count <= RescueTraces.asksMax)
        #expect(scene.own?.rescuesAsked == 1)
        #expect(scene.lab.peer.counters.requested > 1)
    }

    @Test("a chunk that never comes is lost: given up by playout first, then by repair")
    func lost() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream() }
        scene.stream(without: [6])
        for _ in 0..<14 { scene.stream() }
        #expect(scene.trace?.outcome == .waiting)
        let map = try #require(scene.snapshot.chunkMap)
        #expect(map.places == "#########x" + String(repeating: "#", count: 14))
        #expect(map.playout == 23)
        for _ in 0..<3 { scene.stream() }
        #expect(scene.trace?.outcome == .lost && scene.trace?.arrivedMs == nil)
        let own = try #require(scene.own)
        #expect(own.chunksInTime == (own.chunksDue ?? 0) - 1)
    }

    @Test("a chunk that comes after its deadline is late, by how much is told")
    func late() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream() }
        let block = scene.stream(without: [6])
        for _ in 0..<14 { scene.stream() }
        scene.lab.say(block.chunk(6, hops: 1), as: scene.parent)
        let trace = try #require(scene.trace)
        #expect(trace.outcome == .late && trace.from == scene.parent.id.description)
        let margin = try #require(trace.marginMs)
        #expect(margin < -40 && margin > -60, "15 blocks of 70 ms after its manifest")
    }

    @Test("what the erasure code gave back was decoded, and its bytes count as repair")
    func decoded() throws {
        let scene = try Scene()
        for _ in 0..<9 { scene.stream(repair: 1) }
        let block = scene.stream(without: [2, 3], repair: 1)
        let asked = try #require(scene.trace)
        #expect(asked.index == 2 && asked.outcome == .waiting)
        #expect(scene.snapshot.repairShare == 0)
        scene.lab.say(block.chunk(3, hops: 1), as: scene.parent)
        let trace = try #require(scene.trace)
        #expect(trace.index == 2 && trace.outcome == .decoded && trace.from == nil)
        #expect(trace.arrivedMs != nil)
        // 79 chunks came, repair chunks among them; one was computed.
        #expect(scene.snapshot.repairShare == 1.0 / 80)
        #expect(scene.snapshot.chunkMap?.places.last == "!")
    }

    @Test("with a latency, that is what the buffer is for and when a chunk is due")
    func latency() throws {
        let scene = try Scene(latency: .milliseconds(400))
        for _ in 0..<9 { scene.stream() }
        scene.stream(without: [6])
        scene.lab.run(for: .milliseconds(20))
        #expect(scene.own?.bufferTargetMs == 400)
        let trace = try #require(scene.trace)
        let deadline = try #require(trace.deadlineMs)
        #expect(deadline > 300 && deadline < 400)
        // Blocks 0 to 4 are 400 ms old and have been handed over.
        #expect(scene.snapshot.chunkMap?.playout == 4)
        #expect(scene.own?.chunksDue == 40 && scene.own?.chunksInTime == 40)
    }

    @Test("what nobody is known to send is missing, and on its way once it has been asked for")
    func missing() throws {
        let lab = try Lab()
        let source = lab.puppet(1)
        lab.join(source: source)
        lab.connect(source)
        lab.plan(1, 0..<8, source)
        lab.say(.subscribed(Subscribed(accepted: 0x7F, refused: 0x80)), as: source)
        func places() -> String? { lab.peer.snapshot(at: lab.now).chunkMap?.places }
        let (first, second) = (lab.block(), lab.block())
        lab.say(second.announcement, as: source)
        for index in 0..<7 { lab.say(second.chunk(index), as: source) }
        #expect(places() == ".", "stripe 7 has no parent")
        lab.run(for: .milliseconds(200))
        #expect(source.requests[1] == 1 << 7)
        #expect(places() == "=")
        lab.say(first.announcement, as: source)
        #expect(places() == ".=")
    }

    @Test("a block without a manifest is missing, and given up with the one after it")
    func noManifest() throws {
        let scene = try Scene()
        scene.stream()
        _ = scene.lab.block()
        scene.stream()
        #expect(scene.snapshot.chunkMap?.places == "#.#")
        for _ in 0..<14 { scene.stream() }
        #expect(scene.snapshot.chunkMap?.places == "#x" + String(repeating: "#", count: 15))
    }

    @Test("the map shows the newest sixty blocks")
    func window() throws {
        let scene = try Scene()
        for _ in 0..<70 { scene.stream() }
        let map = try #require(scene.snapshot.chunkMap)
        #expect(map.first == 10 && map.newest == 69)
        #expect(map.places == String(repeating: "#", count: 60))
    }

    @Test("tells how long ago a neighbour was heard")
    func heard() throws {
        let scene = try Scene()
        scene.stream()
        let before = try #require(scene.row(of: scene.backup.id)?.lastS)
        scene.stream()
        let after = try #require(scene.row(of: scene.backup.id)?.lastS)
        #expect(abs(after - before - 0.07) < 0.001)
        let parent = try #require(scene.row(of: scene.parent.id)?.lastS)
        #expect(abs(parent - 0.07) < 0.001)
    }

    @Test("a source has nothing to rescue, and no map of what it has itself")
    func source() throws {
        var entropy = Entropy(secret: [UInt8](repeating: 3, count: 32))
        let authority = ChannelAuthority.fresh(from: &entropy)
        let key = try #require(SourceKey(privateKey: entropy.bytes(32)))
        let record = ChannelRecord(
            authorityKey: .empty,
            name: "lab",
            sourceKey: Bytes(key.publicKey),
            epoch: 1
        )
        var configuration = PeerConfiguration(
            channel: authority.channel(named: "lab"),
            role: .source,
            name: "source",
            trackers: []
        )
        configuration.publishing = .init(record: record, key: key)
        let identity = Identity.fresh(from: &entropy)
        let now = Instant.origin + .seconds(9)
        let peer = Peer(configuration, identity: identity, entropy: entropy, at: now)
        let snapshot = peer.snapshot(at: now)
        #expect(snapshot.chunkMap == nil && snapshot.rescueTraces == nil)
        #expect(snapshot.peers.first?.rescuesAsked == nil)
        #expect(snapshot.peers.first?.chunksDue == nil)
        #expect(snapshot.trackers == [] && snapshot.madeAt == 9)
    }
}

/// What a snapshot tells of the trackers.
@Suite("Trackers in a snapshot")
struct TrackerRowTests {
    private func rows(_ lab: Lab) -> [TrackerRow] {
        lab.peer.snapshot(at: lab.now).trackers ?? []
    }

    @Test("asked until it answers, then a member's tracker with what it told, silent when it stops")
    func life() throws {
        let lab = try Lab()
        let place = lab.tracker.endpoint.description
        #expect(rows(lab) == [TrackerRow(place: place, state: "asked")])
        lab.join(source: lab.puppet(1))
        #expect(rows(lab).map(\.state) == ["member"])
        #expect(rows(lab)[0].viewers == nil && rows(lab)[0].epoch == nil)
        lab.plan(12, 0..<8, lab.puppet(2))
        let summary = Summary(viewers: 31, mediaRate: 1_000_000, missedPermille: 0)
        lab.say(.summary(summary), as: lab.tracker)
        lab.run(for: .milliseconds(500))
        let row = try #require(rows(lab).first)
        #expect(row.viewers == 31 && row.epoch == 12 && row.place == place)
        #expect(abs((row.lastS ?? 0) - 0.5) < 0.001)
        lab.remove(lab.tracker)
        lab.run(for: .seconds(6))
        #expect(rows(lab) == [TrackerRow(place: place, state: "silent")])
    }

    @Test("a refusal is shown until the tracker takes us in")
    func refused() throws {
        let lab = try Lab()
        lab.run(for: .milliseconds(300))
        #expect(rows(lab).map(\.state) == ["asked"])
        lab.say(.retry(Retry(reason: .sourceOffline, after: 500)), as: lab.tracker)
        #expect(rows(lab).map(\.state) == ["asked"])
        lab.say(.retry(Retry(reason: .refused, after: 10_000)), as: lab.tracker)
        lab.run(for: .seconds(2))
        #expect(rows(lab).map(\.state) == ["refused"])
        #expect(abs((rows(lab)[0].lastS ?? 0) - 2) < 0.001)
        lab.join(source: lab.puppet(1))
        #expect(rows(lab).map(\.state) == ["member"])
    }

    @Test("trackers before the one in use are silent, those after it are not known")
    func several() throws {
        let lab = try Lab()
        let trackers = (1...3).map { host in
            PeerConfiguration.TrackerAddress(
                endpoint: Endpoint(ipv4: 0x0B00_0000 + UInt32(host), port: 9),
                key: nil
            )
        }
        lab.peer.tracker = TrackerTie(trackers: trackers, at: lab.now)
        #expect(rows(lab) == [TrackerRow(place: "11.0.0.1:9", state: "asked")])
        lab.peer.tracker.fail(at: lab.now, jitter: 0, isStarving: false)
        #expect(rows(lab).map(\.state) == ["silent", "asked"])
        #expect(rows(lab).map(\.place) == ["11.0.0.1:9", "11.0.0.2:9"])
    }
}
