import Telemetry
import Testing

@testable import Dashboard

@Suite struct EventDigestTests {
    private func told(_ events: [(Double, Severity, EventKind, String)]) -> [String] {
        EventDigest.folded(events.map { Fixture.event($0.0, $0.1, $0.2, $0.3) }).map(\.text)
    }

    @Test("tells many rescues in a row as one, few one by one")
    func rescues() {
        let one = (
            1.0, Severity.info, EventKind.rescue, "a chunk of block 1 was missing; v4 brought it"
        )
        #expect(told([one, one]) == [one.3, one.3])
        let many = (0..<90).map { (Double($0), Severity.info, EventKind.rescue, one.3) }
        #expect(
            told(many) == ["90 chunks were missing within 1:29 and came in time (r shows each)"]
        )
    }

    @Test("tells the stripes that one neighbour took over together, with the longest gap")
    func parents() {
        func change(_ stripe: Int, _ who: String, _ gap: Int, at time: Double = 5)
            -> (Double, Severity, EventKind, String)
        {
            let text = "stripe \(stripe) now comes from \(who), \(gap) ms without a parent"
            return (time, .info, .parent, text)
        }
        let gone = (5.0, Severity.warning, EventKind.left, "v3 is gone: it fell silent")
        #expect(
            told([
                gone, change(0, "the source", 1), change(5, "the source", 12), change(6, "v2", 3),
                change(1, "v2", 2, at: 60),
            ]) == [
                gone.3, "2 stripes now come from the source, at most 12 ms without a parent",
                change(6, "v2", 3).3, change(1, "v2", 2).3,
            ]
        )
    }

    @Test("tells a long gap in seconds")
    func long() {
        let change = "stripe 7 now comes from v3, 13440 ms without a parent"
        #expect(
            told([(1, .info, .parent, change)]) == [
                "stripe 7 now comes from v3, 13 s without a parent"
            ]
        )
    }

    @Test("tells once that many fell silent together: then it is not they")
    func silence() {
        func gone(_ who: String, _ time: Double) -> (Double, Severity, EventKind, String) {
            (time, .warning, .left, "\(who) is gone: it fell silent")
        }
        let left = (1.5, Severity.info, EventKind.left, "v7 is gone: it said goodbye")
        #expect(
            told([gone("v4", 1), gone("the source", 1.1), gone("v3", 1.2), gone("v5", 1.3), left])
                == ["the source and 3 peers fell silent at once", left.3]
        )
        #expect(
            told([gone("v4", 1), gone("v3", 2), gone("v5", 3.5)]) == ["3 peers fell silent at once"]
        )
        #expect(told([gone("v4", 1), gone("v3", 1.2), gone("v5", 9)]).count == 3)
    }

    @Test("tells once that a full uplink gave several children away")
    func handOvers() {
        let away = "the uplink is full: v5 has to find another parent for a stripe"
        let events = [1.0, 8, 20, 90].map { ($0, Severity.info, EventKind.parent, away) }
        #expect(
            told(events) == [
                "the uplink is full: 3 times a peer has to find another parent for a stripe", away,
            ]
        )
    }

    @Test("leaves what went wrong, and words that it does not know, as they are")
    func others() {
        let lost = (1.0, Severity.warning, EventKind.rescue, "x")
        #expect(told([lost, lost, lost, lost]).count == 4)
        let odd = (1.0, Severity.info, EventKind.parent, "stripe")
        #expect(told([odd, odd]) == ["stripe", "stripe"])
        #expect(told([]) == [])
    }
}
