import Basics
import Testing
import Wire

@testable import Blocks

/// Playout over random orders, delays and losses.
@Suite struct PlayoutPropertyTests {
    private static let count = 120
    private static let source = 4
    private static let span = TimeSpan.milliseconds(100)

    private enum Arrival {
        case manifest(Int)
        case chunk(Int, Int)
    }

    /// A viewing that ran to its end, and when everything of it was there.
    private struct Run {
        var view: Screening
        var blocks: [SealedBlock] = []
        /// When each source chunk was held; absent when it never was.
        var heldAt: [ChunkID: Instant] = [:]
        var manifestAt: [Instant?] = []
        var times: [Instant] = []
    }

    private func run(latency: TimeSpan, seed: UInt64) throws -> Run {
        var random = SeededRandom(seed: seed)
        var run = Run(view: try Screening(latency: latency))
        var arrivals = EventHeap<Arrival>()
        let loss = [0, 0.001, 0.02, 0.1][random.below(4)]
        let delayMax = [50, 400, 1_300][random.below(3)]
        run.manifestAt = [Instant?](repeating: nil, count: Self.count)
        for number in 0..<Self.count {
            let flags: Manifest.Flags = number % 12 == 3 ? .keyFrame : []
            let block = run.view.make(flags, source: Self.source)
            run.blocks.append(block)
            let sent = block.manifest.sentAt
            // No two arrivals at one instant, and none at a deadline.
            func delay() -> TimeSpan {
                .milliseconds(random.below(delayMax)) + .microseconds(1 + random.below(998))
            }
            let late =
                latency == .zero ? .milliseconds(random.below(40)) + .microseconds(7) : delay()
            if random.unit() >= loss {
                arrivals.insert(.manifest(number), at: sent + late)
                run.manifestAt[number] = sent + late
            }
            for index in 0..<Self.source where random.unit() >= loss {
                arrivals.insert(.chunk(number, index), at: sent + delay())
            }
        }
        while let (time, arrival) = arrivals.removeFirst() { step(&run, time, arrival) }
        advance(&run, to: .origin + .seconds(60))
        return run
    }

    private func step(_ run: inout Run, _ time: Instant, _ arrival: Arrival) {
        advance(&run, to: time)
        switch arrival {
        case .manifest(let number): run.view.describe(run.blocks[number])
        case .chunk(let number, let index): run.view.bring(run.blocks[number], index)
        }
        stamp(&run)
        let number =
            switch arrival {
            case .manifest(let number): number
            case .chunk(let number, _): number
            }
        for index in 0..<Self.source {
            let id = run.blocks[number].id(index)
            if run.view.store.holds(id), run.heldAt[id] == nil { run.heldAt[id] = time }
        }
    }

    private func advance(_ run: inout Run, to end: Instant) {
        while let due = run.view.playout.nextDeadline, due <= end {
            #expect(due > run.view.now)
            run.view.now = due
            run.view.release()
            stamp(&run)
        }
        run.view.now = end
        run.view.release()
        stamp(&run)
    }

    private func stamp(_ run: inout Run) {
        while run.times.count < run.view.deliveries.count { run.times.append(run.view.now) }
    }

    @Test(
        "never crosses a hole, starts at key frames and is never early",
        arguments: [TimeSpan.zero, .milliseconds(300), .seconds(1)],
        1...15
    )
    func order(latency: TimeSpan, seed: Int) throws {
        let run = try run(latency: latency, seed: UInt64(seed))
        let deliveries = run.view.deliveries
        var expected: ChunkID?
        for (delivery, time) in zip(deliveries, run.times) {
            let block = run.blocks[Int(delivery.id.block)]
            #expect(delivery.bytes == block.chunks[Int(delivery.id.index)])
            if let expected, delivery.id == expected {
                #expect(!delivery.isDiscontinuity)
            } else {
                #expect(delivery.startsKeyFrame && delivery.id.index == 0)
                #expect(delivery.isDiscontinuity == (expected != nil))
                #expect(expected.map { delivery.id > $0 } ?? true)
            }
            #expect(time >= delivery.sentAt + latency)
            let isLast = Int(delivery.id.index) == Self.source - 1
            expected = ChunkID(
                block: delivery.id.block + (isLast ? 1 : 0),
                index: isLast ? 0 : delivery.id.index + 1
            )
        }
        #expect(run.view.figures.playoutPoint == deliveries.last?.id)
    }

    @Test(
        "counts every chunk from the start block on by its own deadline",
        arguments: [TimeSpan.zero, .milliseconds(300), .seconds(1)],
        16...30
    )
    func continuity(latency: TimeSpan, seed: Int) throws {
        let run = try run(latency: latency, seed: UInt64(seed))
        let figures = run.view.figures
        guard let first = run.view.deliveries.first,
            let newest = run.manifestAt.lastIndex(where: { $0 != nil })
        else {
            #expect(figures.chunksDue == 0)
            return
        }
        let start = Int(first.id.block)
        let startedAt = run.times[0]
        #expect(figures.chunksDue == (newest - start + 1) * Self.source)
        var inTime = 0
        for number in start...newest {
            guard let seen = run.manifestAt[number] else { continue }
            let sent = run.blocks[number].manifest.sentAt
            let limit = latency == .zero ? seen + PlayoutBuffer.patience : sent + latency
            for index in 0..<Self.source {
                guard let held = run.heldAt[run.blocks[number].id(index)] else { continue }
                // What was late but there when playout began has been handed over as a whole.
                if held <= limit || held <= startedAt { inTime += 1 }
            }
        }
        #expect(figures.chunksInTime == inTime)
        #expect(figures.pictureDone <= figures.pictureDue)
        let due = Double(newest - start) * Self.span.seconds
        #expect(abs(figures.pictureDue.seconds - due) < 1e-6)
        let played = run.view.deliveries.filter { Int($0.id.block) < newest }.count
        let done = Double(played) / Double(Self.source) * Self.span.seconds
        #expect(abs(figures.pictureDone.seconds - done) < 1e-6)
        if run.view.deliveries.contains(where: \.isDiscontinuity) { #expect(figures.skips > 0) }
    }
}
