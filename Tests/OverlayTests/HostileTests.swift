import Basics
import Blocks
import Driving
import Paths
import Secrecy
import Testing
import Wire

@testable import Overlay

/// Bytes that nobody should send.
@Suite("Hostile datagrams to a peer")
struct HostileTests {
    private func noise(_ random: inout SeededRandom, _ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Every kind of datagram, with random content of every size class.
    private func bombard(_ lab: Lab, from endpoint: Endpoint, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_500 {
            var bytes = noise(&random, random.below(1_400))
            let known = Envelope.firstByte(
                Envelope.Kind.allCases[random.below(7)],
                random.below(2) == 0 ? .peer : .tracker
            )
            if !bytes.isEmpty, random.below(4) > 0 { bytes[0] = known }
            if bytes.count > 5, random.below(2) == 0 {
                // Aims at a session that may exist.
                bytes.replaceSubrange(
                    1..<5,
                    with: [0, UInt8(random.below(8)), 0, UInt8(random.below(3))]
                )
            }
            lab.inject(bytes, from: endpoint)
        }
    }

    @Test("random bytes never trap and change nothing, before and after sessions", arguments: 1...4)
    func randomBytes(seed: UInt64) throws {
        let lab = try Lab()
        let stranger = Endpoint(ipv4: 0x2800_0001, port: 9_999)
        bombard(lab, from: stranger, seed: seed)
        let parent = lab.puppet(1)
        lab.join(source: parent)
        lab.connect(parent)
        lab.plan(1, 0..<8, parent)
        lab.accept(parent)
        bombard(lab, from: stranger, seed: seed + 100)
        bombard(lab, from: parent.endpoint, seed: seed + 200)
        #expect(lab.peer.active.count == 1)
        #expect(lab.peer.counters.forged == 0)
        let block = lab.block()
        lab.say(block.announcement, as: parent)
        for index in 0..<8 { lab.say(block.chunk(index), as: parent) }
        #expect(lab.deliveries.count == 8)
    }

    @Test("datagrams cut short at every length, or with any bit changed, are dropped")
    func mutations() throws {
        let lab = try Lab()
        let parent = lab.puppet(1)
        lab.join(source: parent)
        lab.connect(parent)
        let block = lab.block()
        let whole = parent.say([block.announcement], to: lab.identity.id, now: lab.now)[0].bytes
        for length in 0..<whole.count {
            lab.inject(Array(whole[..<length]), from: parent.endpoint)
        }
        for bit in 0..<(whole.count * 8) {
            var changed = whole
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            lab.inject(changed, from: parent.endpoint)
        }
        #expect(lab.peer.store.blockCount == 0)
        lab.inject(whole, from: parent.endpoint)
        #expect(lab.peer.store.blockCount == 1)
        lab.inject(whole, from: parent.endpoint)
        #expect(lab.peer.switchboard.drops.unopened > 0, "a replay was opened")
    }

    @Test("sealed nonsense from a neighbour is counted and survived", arguments: 1...4)
    func sealedNonsense(seed: UInt64) throws {
        let lab = try Lab()
        let parent = lab.puppet(1)
        lab.join(source: parent)
        lab.connect(parent)
        var random = SeededRandom(seed: seed)
        for _ in 0..<600 {
            lab.put(
                parent.seal(noise(&random, random.below(200)), to: lab.identity.id, now: lab.now),
                from: parent
            )
            if lab.peer.active.isEmpty { lab.connect(parent) }
        }
        #expect(lab.peer.counters.malformed + lab.peer.counters.unknownMessages > 0)
        #expect(lab.deliveries.isEmpty)
    }

    @Test("messages that only a tracker may send are refused from a peer")
    func wrongSender() throws {
        let lab = try Lab()
        let (source, other) = (lab.puppet(1), lab.puppet(2))
        lab.join(source: source)
        lab.connect(source)
        lab.connect(other)
        let line = PlanUpdate.Line(stripe: 0, peers: [other.id])
        lab.say(.plan(PlanUpdate(number: 99, lines: [line])), as: other)
        #expect(lab.peer.counters.violations == 1)
        #expect(lab.peer.feeds[0].planned.isEmpty)
    }

    @Test("strangers never get more bytes back than they sent")
    func amplification() throws {
        let lab = try Lab()
        lab.join(source: lab.puppet(1))
        let stranger = Endpoint(ipv4: 0x2900_0001, port: 9_999)
        let caller = Puppet(50, .peer, channel: lab.channel)
        let initiation = caller.call(lab.identity.publicKey, at: lab.endpoint, now: lab.now)[0]
        var random = SeededRandom(seed: 9)
        var datagrams = [initiation.bytes, [Envelope.firstByte(.discover, .peer)]]
        datagrams.append([Envelope.firstByte(.discover, .peer)] + noise(&random, 1_199))
        datagrams += Envelope.Kind.allCases.map {
            [Envelope.firstByte($0, .peer)] + noise(&random, 64)
        }
        for bytes in datagrams {
            lab.sent.removeAll()
            lab.inject(bytes, from: stranger)
            lab.run(for: .seconds(20))
            let answered = lab.sent.filter { $0.to == stranger }.reduce(0) { $0 + $1.bytes.count }
            #expect(answered <= bytes.count, "\(bytes.count) bytes of kind \(bytes[0] & 15)")
        }
    }
}
