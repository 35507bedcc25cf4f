import Basics
import Foundation
import Telemetry
import Testing

@Suite("SwarmSnapshot as JSON")
struct SnapshotTests {
    private func object(_ value: some Encodable) throws -> [String: Any] {
        let data = try JSONEncoder().encode(value)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("has exactly the documented keys")
    func keys() throws {
        let snapshot = try object(SwarmSnapshot())
        #expect(
            Set(snapshot.keys) == [
                "channel", "name", "own", "live", "bitrate_bps", "uptime_s", "viewers", "stripes",
                "source_load", "p2p_share", "overhead", "duplicates", "continuity",
                "picture_continuity", "lag_ms", "startup_ms", "stalls", "peers", "rescue", "loops",
                "events", "made_at", "video", "link", "repair_share", "chunk_map",
                "rescue_traces", "trackers", "turn_delay_ms", "port_mapping", "meetings",
                "tracking",
            ]
        )
        #expect(
            Set(try object(PeerRow()).keys) == [
                "id", "name", "role", "nat", "path", "rtt_ms", "loss", "down_bps", "up_bps",
                "lag_ms", "buffer_ms", "continuity", "picture_continuity", "startup_ms", "stalls",
                "rescued", "far_share", "parents", "children", "buffer_target_ms", "chunks_due",
                "chunks_in_time", "rescues_asked", "score", "last_s",
            ]
        )
        #expect(Set(try object(Quantiles()).keys) == ["p50", "p95", "p99", "worst"])
        #expect(Set(try object(EventRow()).keys) == ["t", "severity", "kind", "text", "peer"])
        let loop = LoopRow(name: "", state: "", target: "", value: "", lastAction: "")
        #expect(
            Set(try object(loop).keys) == ["name", "state", "target", "value", "last_action"]
        )
    }

    @Test("unknown values are null, never 0 and never left out")
    func nulls() throws {
        let snapshot = try object(SwarmSnapshot())
        for key in ["own", "bitrate_bps", "source_load", "p2p_share", "overhead", "duplicates"] {
            #expect(snapshot[key] is NSNull, "\(key)")
        }
        for key in ["continuity", "picture_continuity", "lag_ms", "startup_ms"] {
            let measure = try #require(snapshot[key] as? [String: Any])
            #expect(!measure.isEmpty && measure.values.allSatisfy { $0 is NSNull }, "\(key)")
        }
        let rescue = try #require(snapshot["rescue"] as? [String: Any])
        for key in ["state", "load", "capacity_bps", "demand_bps"] {
            #expect(rescue[key] is NSNull, "\(key)")
        }
        let row = try object(PeerRow())
        let known = ["id", "name", "role", "stalls", "rescued", "parents", "children"]
        for (key, value) in row where !known.contains(key) { #expect(value is NSNull, "\(key)") }
    }

    @Test("what an older snapshot does not have is unknown")
    func missing() throws {
        var snapshot = SwarmSnapshot()
        snapshot.peers = [PeerRow()]
        var json = try object(snapshot)
        for key in ["made_at", "video", "link", "repair_share", "chunk_map", "trackers"] {
            json[key] = nil
        }
        let data = try JSONSerialization.data(withJSONObject: json)
        #expect(try JSONDecoder().decode(SwarmSnapshot.self, from: data) == snapshot)
        json["viewers"] = nil
        let broken = try JSONSerialization.data(withJSONObject: json)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(SwarmSnapshot.self, from: broken)
        }
    }

    @Test("rescues, maps and trackers come back, and the margin is what was to spare")
    func details() throws {
        var snapshot = SwarmSnapshot()
        var trace = RescueTraceRow(t: 5, block: 7, index: 3, outcome: .came)
        trace.deadlineMs = 900
        #expect(trace.marginMs == nil)
        trace.arrivedMs = 84
        trace.asks = [RescueAskRow(afterMs: 0, peer: "ab", role: "source")]
        #expect(trace.marginMs == 816)
        snapshot.rescueTraces = [trace]
        snapshot.chunkMap = ChunkMapRow(first: 3, places: "##=.!x", newest: 9)
        snapshot.trackers = [TrackerRow(place: "[::1]:9000", state: "member")]
        let data = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(SwarmSnapshot.self, from: data) == snapshot)
        let json = try object(snapshot)
        let traces = try #require(json["rescue_traces"] as? [[String: Any]])
        #expect(traces.first?["deadline_ms"] as? Double == 900)
        #expect(traces.first?["from"] is NSNull)
    }

    @Test("known values are numbers, and everything comes back")
    func roundTrip() throws {
        var snapshot = SwarmSnapshot()
        snapshot.channel = "c"
        snapshot.live = true
        snapshot.bitrateBps = 0
        snapshot.lagMs = Quantiles(of: [1, 2, 3])
        snapshot.continuity = Spread(of: [1, 0.5])
        snapshot.rescue.state = "calm"
        snapshot.loops = [
            LoopRow(name: "redundancy", state: "steady", target: "r", value: "0", lastAction: "")
        ]
        var row = PeerRow()
        row.lagMs = 12.5
        row.parents = ["0": "ab", "7": "cd"]
        snapshot.peers = [row, PeerRow()]
        let event = Event(
            time: Instant(nanoseconds: 1_500_000_000),
            severity: .warning,
            kind: .rescue,
            text: "late",
            peer: PeerID(5)
        )
        snapshot.events = [event.row]
        let data = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(SwarmSnapshot.self, from: data) == snapshot)
        let json = try object(snapshot)
        #expect(json["bitrate_bps"] as? Double == 0)
        let events = try #require(json["events"] as? [[String: Any]])
        #expect(events.first?["t"] as? Double == 1.5)
        #expect(events.first?["severity"] as? String == "warning")
        #expect(events.first?["kind"] as? String == "rescue")
        #expect(events.first?["peer"] as? String == "0000000000000005")
    }
}
