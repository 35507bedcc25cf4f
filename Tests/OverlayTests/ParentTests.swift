import Basics
import Blocks
import Paths
import Secrecy
import Testing
import Wire

@testable import Overlay

/// How a peer looks after its parents.
@Suite("Parents")
struct ParentTests {
    private let all: UInt32 = 0xFF

    /// A peer in the swarm, connected with the source and two others.
    private func scene() throws -> (lab: Lab, source: Puppet, one: Puppet, other: Puppet) {
        let lab = try Lab()
        let (source, one, other) = (lab.puppet(1), lab.puppet(2), lab.puppet(3))
        lab.join(source: source)
        for puppet in [source, one, other] { lab.connect(puppet) }
        return (lab, source, one, other)
    }

    /// The same, with four stripes from each of the two and the source as the backup of all.
    private func fedScene() throws -> (lab: Lab, source: Puppet, one: Puppet, other: Puppet) {
        let (lab, source, one, other) = try scene()
        lab.plan(1, 0..<4, one, source)
        lab.plan(2, 4..<8, other, source)
        lab.accept(one)
        lab.accept(other)
        return (lab, source, one, other)
    }

    @Test("asks the planned parent, and nobody else, for its stripes")
    func planned() throws {
        let (lab, source, one, other) = try scene()
        lab.plan(1, 0..<4, one, source)
        lab.plan(2, 4..<8, other, source)
        #expect(one.asked == 0x0F && other.asked == 0xF0 && source.asked == 0)
        lab.accept(one)
        lab.accept(other)
        lab.run(for: .milliseconds(600))
        #expect(lab.peer.feeds.allSatisfy { $0.parent != nil })
        #expect(source.asked == 0)
    }

    @Test("a refused peer asks its backup at once")
    func refused() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(1, 0..<8, one, other)
        lab.say(.subscribed(Subscribed(accepted: 0x0F, refused: 0xF0)), as: one)
        #expect(other.asked == 0xF0)
    }

    @Test("an answer that does not come is asked for again, then the backup is asked")
    func silence() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(1, 0..<8, one, other)
        lab.run(for: .seconds(3))
        let asks = one.inbox.count { if case .subscribe = $0 { true } else { false } }
        #expect((2...8).contains(asks))
        #expect(other.asked == all)
    }

    @Test("makes before it breaks: the old parent is left when the new one has accepted")
    func makeBeforeBreak() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(1, 0..<8, one)
        lab.accept(one)
        lab.plan(2, 0..<8, other, one)
        #expect(other.asked == all)
        #expect(one.ended == 0)
        lab.say(.subscribed(Subscribed(accepted: 0x3F, refused: 0xC0)), as: other)
        #expect(one.ended == 0x3F)
        #expect(lab.peer.feeds[7].parent == lab.peer.switchboard.slot(of: one.id))
    }

    @Test("who turned to the source while no tracker answers asks others, and leaves it for them")
    func relief() throws {
        let (lab, source, one, other) = try scene()
        lab.plan(1, 0..<8, one, source)
        lab.accept(one)
        let refusal = Subscribed(accepted: 0, refused: all)
        lab.say(.unsubscribe(Unsubscribe(stripes: 0x01)), as: one)
        lab.accept(source)
        #expect(lab.peer.leansOnSource(0) && other.asked == 0, "a tracker is there")
        lab.remove(lab.tracker)
        for _ in 0..<200 where source.ended == 0 {
            lab.run(for: .milliseconds(100))
            for puppet in [source, one, other] {
                lab.say(.probe(Probe(sentAt: lab.now)), as: puppet)
            }
            lab.say(.subscribed(refusal), as: one)
            lab.accept(other)
        }
        #expect(source.ended == 0x01)
        #expect(lab.peer.feeds[0].parent == lab.peer.switchboard.slot(of: other.id))
        #expect(lab.peer.feeds[1].parent == lab.peer.switchboard.slot(of: one.id))
    }

    @Test("an older plan than the last does not count")
    func oldPlan() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(5, 0..<8, one)
        lab.accept(one)
        lab.plan(4, 0..<8, other)
        #expect(other.asked == 0)
    }

    @Test("leaves a parent that has the peer itself above it")
    func loop() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(1, 0..<8, one, other)
        lab.accept(one)
        let line = Ancestors.Line(stripe: 2, peers: [other.id, lab.identity.id])
        lab.say(.ancestors(Ancestors(lines: [line])), as: one)
        #expect(one.ended == 0b100)
        #expect(other.asked & 0b100 != 0)
    }

    @Test("turns to its backup when a parent says goodbye or ends a stripe")
    func goodbye() throws {
        let (lab, _, one, other) = try scene()
        lab.plan(1, 0..<8, one, other)
        lab.accept(one)
        lab.say(.unsubscribe(Unsubscribe(stripes: 0b1)), as: one)
        #expect(other.asked == 0b1)
        lab.say(.goodbye(Goodbye(reason: .leaving)), as: one)
        #expect(other.asked == all)
        #expect(lab.peer.switchboard.slot(of: one.id) == nil)
    }

    @Test("gives up a parent that falls silent while others bring their stripes")
    func silentParent() throws {
        let (lab, source, one, other) = try fedScene()
        for number in 0..<40 {
            if number == 20 { lab.remove(one) }
            let block = lab.block()
            lab.say(block.announcement, as: other)
            let range = number < 20 ? 0..<8 : 4..<8
            for index in range {
                lab.say(block.chunk(index, hops: 1), as: index < 4 ? one : other)
            }
            lab.run(for: .milliseconds(70))
        }
        #expect(source.asked & 0x0F == 0x0F)
        #expect(lab.peer.switchboard.slot(of: one.id) == nil)
    }

    @Test("keeps a parent whose way is longer than the manifests', and asks for nothing in vain")
    func slowParent() throws {
        let (lab, _, one, other) = try fedScene()
        var late: [SealedBlock] = []
        for number in 0..<60 {
            if number == 40 { one.inbox.removeAll() }
            let block = lab.block()
            late.append(block)
            lab.say(block.announcement, as: other)
            for index in 4..<8 { lab.say(block.chunk(index, hops: 1), as: other) }
            if late.count > 3 {
                let block = late.removeFirst()
                for index in 0..<4 { lab.say(block.chunk(index, hops: 4), as: one) }
            }
            lab.run(for: .milliseconds(70))
        }
        #expect(one.ended == 0)
        #expect(lab.peer.feeds[0].parent == lab.peer.switchboard.slot(of: one.id))
        #expect(one.requests.count <= 2, "of twenty blocks")
    }

    @Test("leaves a parent that answers, but pushes nothing")
    func answeringParent() throws {
        let (lab, _, one, other) = try fedScene()
        var blocks: [UInt32: SealedBlock] = [:]
        for _ in 0..<60 where one.ended == 0 {
            let block = lab.block()
            blocks[block.manifest.block] = block
            lab.say(block.announcement, as: other)
            for index in 4..<8 { lab.say(block.chunk(index, hops: 1), as: other) }
            for _ in 0..<7 {
                lab.run(for: .milliseconds(10))
                lab.say(.probe(Probe(sentAt: lab.now)), as: one)
                for (number, mask) in one.requests {
                    for index in 0..<4 where mask >> UInt64(index) & 1 == 1 {
                        if let block = blocks[number] { lab.say(block.chunk(index), as: one) }
                    }
                }
                one.inbox.removeAll { if case .request = $0 { true } else { false } }
            }
        }
        #expect(one.ended != 0)
        #expect(lab.peer.switchboard.slot(of: one.id) != nil, "it is alive")
    }

    @Test("asks its parents again when nothing comes any more, and leaves those that refuse")
    func renewal() throws {
        let (lab, source, one, other) = try fedScene()
        for _ in 0..<20 {
            let block = lab.block()
            lab.say(block.announcement, as: other)
            for index in 0..<8 { lab.say(block.chunk(index), as: index < 4 ? one : other) }
            lab.run(for: .milliseconds(70))
        }
        for puppet in [one, other] { puppet.inbox.removeAll() }
        for _ in 0..<12 {
            for puppet in [one, other] { lab.say(.probe(Probe(sentAt: lab.now)), as: puppet) }
            lab.run(for: .milliseconds(100))
        }
        #expect(
            one.asked == 0x0F && other.asked == 0xF0,
            "nobody has brought anything for a second"
        )
        lab.accept(one)
        #expect(lab.peer.feeds[0].parent == lab.peer.switchboard.slot(of: one.id))
        lab.say(.subscribed(Subscribed(accepted: 0, refused: 0xF0)), as: other)
        #expect(source.asked & 0xF0 == 0xF0)
        #expect(lab.peer.feeds[4].parent != lab.peer.switchboard.slot(of: other.id))
    }

    @Test("without a plan it finds parents by itself, the source last")
    func noPlan() throws {
        let (lab, source, one, other) = try scene()
        lab.remove(lab.tracker)
        lab.run(for: .milliseconds(700))
        #expect(one.asked | other.asked == all)
        #expect(source.asked == 0)
    }
}
