import Basics
import Blocks
import Driving
import Paths
import Secrecy
import Telemetry
import Testing
import Wire

@testable import Overlay

/// What a peer does for its children, and with what its parents send.
@Suite("Children")
struct ChildTests {
    private let all: UInt32 = 0xFF

    /// A peer that gets every stripe from `parent`; `child` is connected.
    private func scene(cap: BitRate? = nil) throws -> (lab: Lab, parent: Puppet, child: Puppet) {
        let lab = try Lab(cap: cap)
        let (parent, child) = (lab.puppet(1), lab.puppet(2))
        lab.join(source: parent)
        lab.connect(parent)
        lab.connect(child)
        lab.plan(1, 0..<8, parent)
        lab.accept(parent)
        parent.inbox.removeAll()
        return (lab, parent, child)
    }

    private func subscribe(_ child: Puppet, _ lab: Lab, _ stripes: UInt32 = 0xFF) {
        lab.say(.subscribe(Subscribe(stripes: stripes, historyAge: nil)), as: child)
    }

    @Test("a child with a free seat is accepted and told who stands above it")
    func accepts() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab, 0b101)
        #expect(child.answer == Subscribed(accepted: 0b101, refused: 0))
        let lines = child.inbox.compactMap { message -> [Ancestors.Line]? in
            if case .ancestors(let ancestors) = message { ancestors.lines } else { nil }
        }
        #expect(lines.last == [0, 2].map { Ancestors.Line(stripe: $0, peers: [parent.id]) })
    }

    @Test("a peer that may upload nothing refuses every child")
    func noUpload() throws {
        let (lab, _, child) = try scene(cap: BitRate(bitsPerSecond: 0))
        subscribe(child, lab)
        #expect(child.answer == Subscribed(accepted: 0, refused: all))
    }

    @Test("seats are finite: not everybody gets everything")
    func seats() throws {
        let (lab, _, child) = try scene()
        let others = (10..<16).map { lab.puppet(UInt8($0)) }
        for other in others {
            lab.connect(other)
            subscribe(other, lab)
        }
        subscribe(child, lab)
        let accepted = ([child] + others).reduce(0) {
            $0 + ($1.answer?.accepted.nonzeroBitCount ?? 0)
        }
        #expect(accepted >= 8 && accepted < 56)
        #expect(child.answer?.refused == all)
    }

    @Test("children that feed others go first, for as long as they say so")
    func interior() throws {
        let (lab, parent, leaf) = try scene()
        let node = lab.puppet(3)
        lab.connect(node)
        subscribe(leaf, lab, 0x01)
        subscribe(node, lab, 0x01)
        var feedback = Feedback(
            received: 0,
            expected: 0,
            missedPermille: 0,
            roundTrip: 0,
            interior: 0
        )
        for isInterior in [false, true, false] {
            feedback.interior = isInterior ? 0x01 : 0x02
            lab.say(.feedback(feedback), as: node)
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            lab.sent.removeAll()
            lab.say(block.chunk(0), as: parent)
            let order = lab.sent.map(\.to).filter { [leaf, node].map(\.endpoint).contains($0) }
            #expect(order == (isInterior ? [node, leaf] : [leaf, node]).map(\.endpoint))
        }
    }

    @Test("its own parent cannot be its child in the same stripe")
    func ancestor() throws {
        let (lab, parent, _) = try scene()
        subscribe(parent, lab)
        #expect(parent.answer == Subscribed(accepted: 0, refused: all))
    }

    @Test("stripes that do not exist are refused")
    func unknownStripes() throws {
        let (lab, _, child) = try scene()
        subscribe(child, lab, 0xFFFF_FF00)
        #expect(child.answer == Subscribed(accepted: 0, refused: 0xFFFF_FF00))
    }

    @Test("a manifest is passed on before any chunk of its block, and a chunk once")
    func order() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab)
        child.inbox.removeAll()
        let block = lab.block()
        lab.say(block.chunk(3), as: parent)
        #expect(child.chunks.isEmpty && child.manifests.isEmpty)
        lab.say(block.announcement, as: parent)
        lab.say(block.chunk(0), block.chunk(0), block.chunk(1), as: parent)
        #expect(child.manifests == [block.manifestBytes])
        #expect(child.chunks.map(\.id.index) == [3, 0, 1])
        guard case .manifest = child.inbox.first else {
            Issue.record("\(child.inbox.count) messages, the manifest not first")
            return
        }
        #expect(child.chunks.allSatisfy { $0.hops == 1 })
        #expect(parent.chunks.isEmpty)
    }

    @Test("a child gets the stripes that it asked for, until it ends them")
    func stripes() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab, 0b0110)
        for ending in [false, true] {
            if ending { lab.say(.unsubscribe(Unsubscribe(stripes: 0b0010)), as: child) }
            child.inbox.removeAll()
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            for index in 0..<8 { lab.say(block.chunk(index), as: parent) }
            #expect(child.chunks.map(\.id.index) == (ending ? [2] : [1, 2]))
        }
    }

    @Test("what is damaged or forged is neither passed on nor played, and its sender is banned")
    func damaged() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab)
        let block = lab.block()
        lab.say(block.announcement, as: parent)
        lab.say(block.damaged(0), as: parent)
        #expect(child.chunks.isEmpty && lab.deliveries.isEmpty)
        #expect(lab.peer.switchboard.slot(of: parent.id) == nil)
        #expect(lab.events.contains { $0.kind == .violation && $0.peer == parent.id })
        lab.connect(parent)
        lab.say(block.chunk(0), as: parent)
        #expect(child.chunks.isEmpty, "a banned peer came back")
    }

    @Test("a damaged chunk that came before its manifest names its sender too")
    func earlyDamaged() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab)
        lab.connect(lab.puppet(5))
        let liar = lab.puppet(6)
        lab.connect(liar)
        let block = lab.block()
        lab.say(block.damaged(2), as: liar)
        lab.say(block.announcement, as: parent)
        #expect(lab.peer.switchboard.slot(of: liar.id) == nil)
        #expect(lab.peer.switchboard.slot(of: parent.id) != nil)
        #expect(child.chunks.isEmpty)
    }

    @Test("a manifest with a bad signature bans its sender")
    func forgedManifest() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab)
        var bytes = lab.block().manifestBytes.array
        bytes[bytes.count - 70] ^= 1
        lab.say(.manifest(Bytes(bytes)), as: parent)
        #expect(child.manifests.isEmpty)
        #expect(lab.peer.switchboard.slot(of: parent.id) == nil)
    }

    @Test("what the erasure code gave back is played and passed on")
    func recovery() throws {
        let (lab, parent, child) = try scene()
        subscribe(child, lab)
        let block = lab.block(repair: 1)
        lab.say(block.announcement, as: parent)
        for index in [0, 1, 2, 4, 5, 6, 7] { lab.say(block.chunk(index), as: parent) }
        #expect(child.chunks.map(\.id.index).sorted() == Array(0..<8))
        let recovered = child.chunks.first { $0.id.index == 3 }
        #expect(recovered?.payload == block.chunks[3])
        #expect(lab.deliveries.map(\.bytes) == Array(block.chunks[..<7]))
        #expect(lab.peer.counters.recovered == 1)
        #expect(parent.requests.isEmpty)
    }

    @Test("held chunks are sent on request; what is not held and past is said to lack")
    func requests() throws {
        let (lab, parent, child) = try scene()
        var blocks: [SealedBlock] = []
        for number in 0..<4 {
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            for index in 0..<8 where !(number == 1 && index == 5) {
                lab.say(block.chunk(index), as: parent)
            }
            blocks.append(block)
        }
        let entry = ChunkRequest.Entry(block: blocks[1].manifest.block, mask: 0b0011_0001)
        lab.say(.request(ChunkRequest(entries: [entry])), as: child)
        #expect(child.chunks.map(\.id.index) == [0, 4])
        let lacks = child.inbox.compactMap { message -> ChunkRequest? in
            if case .lack(let lack) = message { lack } else { nil }
        }
        #expect(lacks.first?.entries == [.init(block: entry.block, mask: 0b0010_0000)])
        // What was lacking goes out as soon as it is there.
        lab.say(blocks[1].chunk(5), as: parent)
        #expect(child.chunks.map(\.id.index) == [0, 4, 5])
    }

    @Test("a chunk that a child asked for before it came waits for a full uplink once, not twice")
    func askedEarly() throws {
        let (lab, parent, child) = try scene(cap: .kilobits(300))
        subscribe(child, lab, 0b1)
        for _ in 0..<5 {
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            lab.say(block.chunk(0), as: parent)
        }
        let block = lab.block()
        let last = block.manifest.block
        lab.say(block.announcement, as: parent)
        lab.say(.request(ChunkRequest(entries: [.init(block: last, mask: 0b1)])), as: child)
        lab.say(block.chunk(0), as: parent)
        #expect(child.chunks.allSatisfy { $0.id.block != last }, "the uplink is not full")
        lab.run(for: .seconds(1))
        #expect(child.chunks.count { $0.id.block == last } == 1)
    }

    @Test("asking for everything again and again is answered within a budget")
    func greed() throws {
        let (lab, parent, child) = try scene()
        let block = lab.block()
        lab.say(block.announcement, as: parent)
        for index in 0..<8 { lab.say(block.chunk(index), as: parent) }
        let entry = ChunkRequest.Entry(block: block.manifest.block, mask: .max)
        for _ in 0..<200 { lab.say(.request(ChunkRequest(entries: [entry])), as: child) }
        #expect(child.chunks.count >= 8 && child.chunks.count <= 128)
        #expect(lab.peer.counters.refusedRequests > 0)
    }

    @Test("a chunk that does not come is asked for, and only that one")
    func asks() throws {
        let (lab, parent, _) = try scene()
        for number in 0..<12 {
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            for index in 0..<8 where !(number == 9 && index == 6) {
                lab.say(block.chunk(index), as: parent)
            }
            lab.run(for: .milliseconds(70))
        }
        #expect(parent.requests.keys.sorted() == [9])
        #expect(parent.requests[9] == 1 << 6)
    }

    @Test("a manifest that is missing is asked for")
    func asksForManifest() throws {
        let (lab, parent, _) = try scene()
        let (first, second) = (lab.block(), lab.block())
        lab.say(first.announcement, as: parent)
        for index in 0..<8 { lab.say(second.chunk(index), as: parent) }
        lab.run(for: .milliseconds(60))
        let asked = parent.inbox.compactMap { message -> UInt32? in
            if case .requestManifests(let request) = message { request.first } else { nil }
        }
        #expect(asked.first == second.manifest.block)
    }

    @Test("a newcomer's parent sends it the past: manifests first, then chunks in order")
    func history() throws {
        let (lab, parent, child) = try scene()
        for _ in 0..<6 {
            let block = lab.block()
            lab.say(block.announcement, as: parent)
            for index in 0..<8 { lab.say(block.chunk(index), as: parent) }
            lab.run(for: .milliseconds(70))
        }
        lab.say(
            .subscribe(Subscribe(stripes: 0b11, historyAge: 200, manifests: .all)),
            as: child
        )
        lab.run(for: .milliseconds(100))
        let ids = child.chunks.map(\.id)
        #expect(ids.count >= 4 && ids == ids.sorted())
        #expect(Set(ids.map { $0.index }) == [0, 1])
        #expect(child.manifests.count == ids.count / 2)
    }

    @Test("leaving says goodbye to neighbours and tracker")
    func leaves() throws {
        let (lab, parent, child) = try scene()
        lab.leave()
        for puppet in [parent, child, lab.tracker] {
            guard case .goodbye = puppet.inbox.last else {
                Issue.record("no goodbye to \(puppet.endpoint)")
                continue
            }
        }
    }
}
