import Basics
import Testing
import Wire

@testable import Overlay

@Suite("UplinkGauge")
struct UplinkGaugeTests {
    /// Sends so many kbit per second, of which some are lost, for some seconds.
    private func run(
        _ gauge: inout UplinkGauge,
        _ bytes: inout Int,
        from start: Int,
        kilobits: Int,
        loss: Double,
        queueMs: Int,
        seconds: Int
    ) {
        for second in start..<(start + seconds) {
            _ = gauge.observe(
                bytes: bytes,
                loss: loss,
                queue: .milliseconds(queueMs),
                queueMost: .milliseconds(queueMs),
                at: .origin + .seconds(10 + second)
            )
            bytes += kilobits * 125
        }
    }

    @Test("what arrives while the uplink overflows is what it carries")
    func overflow() throws {
        var (gauge, bytes) = (UplinkGauge(), 0)
        run(&gauge, &bytes, from: 0, kilobits: 9_000, loss: 0.45, queueMs: 180, seconds: 2)
        let cap = try #require(gauge.cap)
        #expect((4_500_000...4_950_000).contains(cap.bitsPerSecond))
    }

    @Test("losses without a queue are the path's, and a queue without losses is none of ours")
    func others() {
        var (gauge, bytes) = (UplinkGauge(), 0)
        run(&gauge, &bytes, from: 0, kilobits: 9_000, loss: 0.2, queueMs: 5, seconds: 5)
        run(&gauge, &bytes, from: 5, kilobits: 9_000, loss: 0, queueMs: 400, seconds: 5)
        #expect(gauge.cap == nil)
    }

    @Test("where sending less does not lose less it is the path that loses")
    func path() throws {
        var (gauge, bytes) = (UplinkGauge(), 0)
        run(&gauge, &bytes, from: 0, kilobits: 4_000, loss: 0.12, queueMs: 120, seconds: 2)
        #expect(gauge.cap != nil)
        run(&gauge, &bytes, from: 2, kilobits: 3_300, loss: 0.12, queueMs: 120, seconds: 60)
        let capOfPath = try #require(gauge.cap)
        #expect(capOfPath.bitsPerSecond > 2_600_000)
        run(&gauge, &bytes, from: 62, kilobits: 9_000, loss: 0.8, queueMs: 180, seconds: 2)
        #expect(try #require(gauge.cap) < capOfPath)
    }

    @Test("grows while it is used in full and nothing queues, and not without need")
    func growth() throws {
        var (gauge, bytes) = (UplinkGauge(), 0)
        run(&gauge, &bytes, from: 0, kilobits: 9_000, loss: 0.5, queueMs: 180, seconds: 2)
        let first = try #require(gauge.cap)
        run(&gauge, &bytes, from: 2, kilobits: 1_000, loss: 0, queueMs: 0, seconds: 20)
        #expect(gauge.cap == first)
        run(&gauge, &bytes, from: 22, kilobits: 4_200, loss: 0, queueMs: 0, seconds: 5)
        let grown = try #require(gauge.cap)
        #expect(grown > first && grown.bitsPerSecond < 2 * first.bitsPerSecond)
    }
}

@Suite("RepairLoop")
struct RepairLoopTests {
    private let start = Instant.origin + .seconds(10)

    private func manifest(_ block: UInt32, source: Int, repair: Int) -> Manifest {
        var manifest = Manifest()
        manifest.block = block
        manifest.sourceCount = source
        manifest.repairCount = repair
        return manifest
    }

    /// Runs the loop as a peer does: asks are not answered.
    private func asks(
        _ loop: inout RepairLoop,
        until end: Instant,
        held: UInt64
    ) -> [(at: Instant, index: UInt8)] {
        var result: [(Instant, UInt8)] = []
        while loop.wakeAt <= end {
            let now = loop.wakeAt
            for miss in loop.overdue(at: now, most: 64, held: { _ in held }) {
                result.append((now, miss.id.index))
                loop.expect(miss.id, until: now + .milliseconds(60), asked: 3, at: now)
            }
        }
        return result
    }

    @Test("asks for a chunk when it is due, not before, and again when no answer comes")
    func due() {
        var loop = RepairLoop()
        loop.watch(manifest(1, source: 8, repair: 0), giveUpAt: start + .seconds(1)) { index in
            start + .milliseconds(index == 2 ? 30 : 20)
        }
        let asks = asks(&loop, until: start + .milliseconds(200), held: 0b1111_1011)
        #expect(asks.first?.at == start + .milliseconds(30))
        #expect(asks.count >= 3 && asks.allSatisfy { $0.index == 2 })
    }

    @Test("asks for no more than what the block needs to be decoded")
    func enough() {
        var loop = RepairLoop()
        loop.watch(manifest(1, source: 7, repair: 1), giveUpAt: start + .seconds(1)) { _ in start }
        // Six of eight are here, any seven are enough.
        let asks = asks(&loop, until: start + .milliseconds(50), held: 0b1111_0110)
        #expect(asks.count == 1)
    }

    @Test("does not wait for ever for two chunks that each could do")
    func noLivelock() {
        var loop = RepairLoop()
        loop.watch(manifest(1, source: 7, repair: 1), giveUpAt: start + .seconds(1)) { index in
            // One is due just before the other, again and again.
            start + .milliseconds(index == 5 ? 10 : index == 7 ? 25 : 0)
        }
        let asks = asks(&loop, until: start + .milliseconds(120), held: 0b0101_1111)
        #expect(asks.first?.at == start + .milliseconds(25))
    }

    @Test("what could not be asked for is overdue again, as often as it takes")
    func waiting() {
        var loop = RepairLoop()
        loop.watch(manifest(1, source: 8, repair: 0), giveUpAt: start + .seconds(5)) { _ in start }
        var count = 0
        for _ in 0..<50 {
            let now = loop.wakeAt
            for miss in loop.overdue(at: now, most: 64, held: { _ in 0b1111_1110 }) {
                #expect(miss.tries == 0)
                #expect(
                    miss.isNew == (count == 0),
                    "a chunk that waits was counted as missed again"
                )
                count += 1
                loop.wait(for: miss.id, until: now + .milliseconds(50))
            }
        }
        #expect(loop.overdue(at: loop.wakeAt, most: 64) { _ in 0b1111_1110 }.count == 1)
    }

    @Test("while the past flows in, nothing newer of its stripe is overdue")
    func postponed() {
        var loop = RepairLoop()
        for block in UInt32(1)...3 {
            loop.watch(manifest(block, source: 8, repair: 0), giveUpAt: start + .seconds(1)) { _ in
                start
            }
        }
        loop.postpone(after: 1, stripe: 2, of: 8, until: start + .milliseconds(40))
        let due = loop.overdue(at: start, most: 64) { _ in 0b1111_1011 }
        #expect(due.map(\.id) == [ChunkID(block: 1, index: 2)])
    }

    @Test("forgets a block that is complete or too old, and sleeps when it watches none")
    func settles() {
        var loop = RepairLoop()
        loop.watch(manifest(1, source: 8, repair: 0), giveUpAt: start + .seconds(1)) { _ in start }
        loop.settle(1)
        #expect(loop.watchedCount == 0)
        loop.watch(manifest(2, source: 8, repair: 0), giveUpAt: start + .seconds(1)) { _ in start }
        #expect(loop.overdue(at: start + .seconds(2), most: 64) { _ in 0 }.isEmpty)
        #expect(loop.wakeAt == .distantFuture)
    }

    @Test("watches a bounded number of blocks")
    func bounded() {
        var loop = RepairLoop()
        for block in 0..<1_000 {
            loop.watch(manifest(UInt32(block), source: 8, repair: 0), giveUpAt: start) { _ in start
            }
        }
        #expect(loop.watchedCount == RepairLoop.blocksMax)
    }
}

@Suite("UplinkLoop")
struct UplinkLoopTests {
    private let start = Instant.origin

    @Test("a cap bounds the seats by the wire rate of a stripe")
    func cap() {
        var loop = UplinkLoop(stripeCount: 8, role: .source, at: start)
        #expect(loop.seats == 64)
        loop.bound(cap: .megabits(3), stripeWireRate: 150_000)
        #expect(loop.seats == 18)
        for second in 1...10 { loop.decide(used: 18, at: start + .seconds(second)) }
        #expect(loop.seats == 18)
    }

    @Test("a capped peer offers two seats until it knows the rate, then up to three copies at once")
    func unknownRate() {
        var loop = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        loop.bound(cap: .megabits(1), stripeWireRate: 0)
        #expect(loop.seats == 2)
        loop.decide(used: 2, at: start)
        #expect(loop.seats == 2)
        loop.bound(cap: .megabits(1), stripeWireRate: 40_000)
        #expect(loop.seats == 22)
        loop.bound(cap: BitRate(bitsPerSecond: 0), stripeWireRate: 0)
        #expect(loop.seats == 0)
        loop.decide(used: 0, at: start)
        #expect(loop.seats == 0)
    }

    @Test("a cap offers up to three copies at once where the rate is known already")
    func knownRate() {
        var loop = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        loop.bound(cap: .megabits(3), stripeWireRate: 150_000)
        #expect(loop.seats == 18 && loop.seatsFull == 20)
        loop.decide(used: 2, at: start)
        loop.bound(cap: .megabits(3), stripeWireRate: 140_000)
        #expect(loop.seats == 18, "known already: it grows by being used")
        var measured = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        measured.decide(used: 2, at: start)
        measured.bound(cap: .megabits(3), stripeWireRate: 150_000)
        #expect(measured.seats == 8, "a measured cap is no promise: it grows by being used")
    }

    @Test("a cap that proves to carry less costs a seat at a time, and gives it back after a while")
    func proves() {
        var loop = UplinkLoop(stripeCount: 8, role: .source, at: start)
        loop.bound(cap: .megabits(3), stripeWireRate: 150_000)
        #expect(loop.seats == 18)
        func decide(_ count: Int, waiting: Int) {
            for _ in 0..<count { loop.decide(used: 18, waiting: .milliseconds(waiting), at: start) }
        }
        decide(2, waiting: 150)
        #expect(loop.seats == 18)
        decide(1, waiting: 150)
        #expect(loop.seats == 17)
        decide(60, waiting: 150)
        #expect(loop.seats == 14)
        decide(60, waiting: 0)
        #expect(loop.seats == 18)
    }

    @Test("seats double while they are used and halve while the uplink queues")
    func adapts() {
        var loop = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        loop.decide(used: 2, at: start)
        #expect(loop.seats == 8)
        loop.decide(used: 7, at: start)
        #expect(loop.seats == 16)
        loop.observe(queue: .milliseconds(150), loss: 0)
        loop.decide(used: 16, at: start)
        #expect(loop.seats == 8)
    }

    @Test("a short queue that spills is full too; loss without a queue is not the uplink's")
    func spills() {
        var loop = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        loop.observe(queue: .milliseconds(3), loss: 0.2)
        loop.decide(used: 8, at: start)
        #expect(!loop.isFull && loop.seats == 16)
        loop.observe(queue: .milliseconds(60), loss: 0.2)
        loop.decide(used: 8, at: start)
        #expect(loop.isFull && loop.seats == 8)
    }

    @Test("people are told of a full uplink once it lasts, and once when it has room again")
    func told() {
        var loop = UplinkLoop(stripeCount: 8, role: .viewer, at: start)
        var told: [Bool] = []
        for queue in [150, 3, 150, 150, 150, 90, 150, 3, 3, 3, 3] {
            loop.observe(queue: .milliseconds(queue), loss: 0)
            loop.decide(used: 1, at: start)
            told.append(loop.isToldFull)
        }
        #expect(told.map { $0 ? 1 : 0 } == [0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0])
    }
}

@Suite("BlockRing")
struct BlockRingTests {
    @Test("remembers recent blocks only, and never mistakes one for another")
    func ring() {
        var ring = BlockRing()
        ring.insert(ChunkID(block: 3, index: 63))
        #expect(ring.contains(ChunkID(block: 3, index: 63)))
        #expect(!ring.contains(ChunkID(block: 131, index: 63)))
        ring.insert(ChunkID(block: 131, index: 0))
        #expect(!ring.contains(ChunkID(block: 3, index: 63)))
        ring.remove(ChunkID(block: 3, index: 0))
        #expect(ring.contains(ChunkID(block: 131, index: 0)))
    }
}
