import Basics
import Driving
import Testing

@testable import Simulation

/// Every breach of what playback promises is seen.
@Suite("Viewing")
struct ViewingTests {
    private let programme: Programme
    private let keyFrames: [Int]

    init() {
        var programme = Programme(rate: .megabits(1), keyFrameInterval: .milliseconds(200))
        _ = programme.publish(upTo: .seconds(2), at: .origin)
        self.programme = programme
        keyFrames = (0..<(programme.bytes.count / 188)).filter {
            programme.bytes[$0 * 188 + 1] == 0x40 && programme.bytes[$0 * 188 + 2] == 0
        }
    }

    private func delivery(_ from: Int, _ count: Int) -> Delivery {
        Delivery(
            bytes: Bytes(Array(programme.bytes[(from * 188)..<((from + count) * 188)])),
            startsKeyFrame: keyFrames.contains(from),
            isDiscontinuity: false,
            mediaTime: .milliseconds(from)
        )
    }

    private func findings(_ deliveries: [Delivery]) -> [Int] {
        var viewing = Viewing(joinedAt: .origin)
        var now = Instant.origin
        return deliveries.compactMap { delivery in
            now += .milliseconds(10)
            return viewing.take(delivery, of: programme, fault: nil, at: now)?.invariant
        }
    }

    @Test("finds nothing wrong with a slice from a key frame on")
    func good() {
        let start = keyFrames[2]
        #expect(
            findings([delivery(start, 6), delivery(start + 6, 6), delivery(start + 12, 5)]) == []
        )
    }

    @Test("finds a start that is no key frame")
    func start() { #expect(findings([delivery(keyFrames[1] + 3, 6)]) == [1]) }

    @Test("finds a changed byte")
    func changed() {
        var bad = delivery(0, 6)
        var bytes = bad.bytes.array
        bytes[500] ^= 0x10
        bad.bytes = Bytes(bytes)
        #expect(findings([bad]) == [1])
    }

    @Test("finds a hole that was not told, and accepts one that was")
    func hole() {
        let next = keyFrames[3]
        #expect(findings([delivery(0, 6), delivery(next, 6)]) == [1])
        var told = delivery(next, 6)
        told.isDiscontinuity = true
        #expect(findings([delivery(0, 6), told]) == [])
        var middle = delivery(next + 2, 6)
        middle.isDiscontinuity = true
        #expect(findings([delivery(0, 6), middle]) == [1])
    }

    @Test("finds what was played twice, and media time that goes back")
    func back() {
        #expect(findings([delivery(0, 6), delivery(6, 6), delivery(6, 6)]) == [9])
        var early = delivery(6, 6)
        early.mediaTime = .milliseconds(-1)
        #expect(findings([delivery(0, 6), early]) == [9])
    }

    @Test("measures lag from the publishing of the same byte, and gaps")
    func measures() {
        var viewing = Viewing(joinedAt: .origin)
        _ = viewing.take(delivery(0, 6), of: programme, fault: nil, at: .origin + .milliseconds(80))
        let fault = Instant.origin + .milliseconds(100)
        let later = Instant.origin + .milliseconds(380)
        _ = viewing.take(delivery(6, 6), of: programme, fault: fault, at: later)
        #expect(viewing.lags.count == 2)
        #expect(viewing.lags.quantile(1) == 380)
        #expect(viewing.gapMax == .milliseconds(300))
        #expect(viewing.recoveryMax == .milliseconds(300))
        #expect(viewing.bytesDelivered == 12 * 188)
    }

    @Test("a formed swarm's continuity forgets what was missed before")
    func steady() {
        var viewing = Viewing(joinedAt: .origin)
        func take(_ from: Int, after milliseconds: Int) {
            var one = delivery(from, 6)
            one.isDiscontinuity = true
            let at = Instant.origin + .milliseconds(milliseconds)
            _ = viewing.take(one, of: programme, fault: nil, at: at)
        }
        take(keyFrames[0], after: 10)
        take(keyFrames[2], after: 20)
        #expect(viewing.packetsSkipped > 0 && viewing.continuitySteady == nil)
        viewing.beginSteady()
        #expect(viewing.continuitySteady == 0)
        take(keyFrames[2] + 6, after: 30)
        #expect(viewing.continuitySteady == 1)
        take(keyFrames[2] + 24, after: 40)
        #expect(viewing.continuitySteady == 0.5)
    }
}
