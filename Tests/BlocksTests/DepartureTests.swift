import Basics
import Testing
import Wire

@testable import Blocks

@Suite("Departure of a block's chunks")
struct DepartureTests {
    private static let sealed = Instant.origin + .seconds(10)

    private static func departure(chunks: Int, size: Int) -> Departure {
        var manifest = Manifest()
        manifest.sentAt = sealed
        manifest.sourceCount = chunks
        manifest.symbolSize = size
        manifest.lastSize = size
        return Departure(of: manifest)
    }

    @Test("chunks leave one after the other over the time that their media takes")
    func spread() {
        // 8 × 1,250 bytes are 80 ms of 1 Mbit/s.
        let departure = DepartureTests.departure(chunks: 8, size: 1_250)
        let times = (0..<8).map { departure.time(of: $0, mediaRate: 1e6) - DepartureTests.sealed }
        #expect(times == (0..<8).map { .milliseconds(10 * $0) })
    }

    @Test("a large block takes no longer than the limit")
    func limit() {
        let departure = DepartureTests.departure(chunks: 50, size: 1_250)
        let last = departure.pause(before: 50, mediaRate: 1e6)
        #expect(last == Departure.spanMax)
    }

    @Test("nothing is spread while the rate is unknown, or for a sign of life")
    func nothing() {
        #expect(
            DepartureTests.departure(chunks: 8, size: 1_250).pause(before: 7, mediaRate: 0) == .zero
        )
        #expect(
            DepartureTests.departure(chunks: 0, size: 0).pause(before: 0, mediaRate: 1e6) == .zero
        )
    }
}
