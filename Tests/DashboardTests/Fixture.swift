import Telemetry

/// Swarms to draw: always the same for the same arguments.
enum Fixture {
    /// A healthy swarm of a source and some viewers, seen from the source.
    static func swarm(viewers: Int = 6) -> SwarmSnapshot {
        var snapshot = SwarmSnapshot()
        snapshot.channel = String(repeating: "ab", count: 20)
        snapshot.name = "Sunday service"
        snapshot.live = true
        snapshot.bitrateBps = 3_100_000
        snapshot.uptimeS = 754
        snapshot.viewers = viewers
        snapshot.sourceLoad = 1.8
        snapshot.p2pShare = 0.7
        snapshot.overhead = 0.12
        snapshot.duplicates = 0.003
        snapshot.peers = [source] + (0..<viewers).map(viewer)
        snapshot.own = source.id
        snapshot.events = [
            event(43_200, .info, .joined, "Viola joined"),
            event(43_205, .warning, .parent, "peer 7c3e was slow: 4 chunks late; replaced by 5a11"),
        ]
        snapshot.loops = [
            LoopRow(
                name: "redundancy",
                state: "steady",
                target: "loss 0.4 %",
                value: "14 % repair",
                lastAction: ""
            )
        ]
        measure(&snapshot)
        return snapshot
    }

    /// The same swarm as its first viewer sees it.
    static func seenByViewer() -> SwarmSnapshot {
        var snapshot = swarm()
        snapshot.own = snapshot.peers[1].id
        return snapshot
    }

    /// Computes the measures over the viewers from their rows.
    static func measure(_ snapshot: inout SwarmSnapshot) {
        snapshot.continuity = Spread(of: snapshot.peers.compactMap(\.continuity))
        snapshot.pictureContinuity = Spread(of: snapshot.peers.compactMap(\.pictureContinuity))
        snapshot.lagMs = Quantiles(of: snapshot.peers.compactMap(\.lagMs))
        snapshot.startupMs = Quantiles(of: snapshot.peers.compactMap(\.startupMs))
    }

    /// An event at a second of a day.
    static func event(
        _ time: Double,
        _ severity: Severity,
        _ kind: EventKind,
        _ text: String
    ) -> EventRow {
        var row = EventRow()
        row.t = time
        row.severity = severity
        row.kind = kind
        row.text = text
        return row
    }

    /// The source's row.
    static var source: PeerRow {
        var row = PeerRow()
        row.id = "5a11000000000000"
        row.name = "studio"
        row.role = "source"
        row.path = "self"
        row.upBps = 6_200_000
        row.children = 3
        return row
    }

    /// The row of a viewer, fed by the source and by the viewer before it.
    static func viewer(_ index: Int) -> PeerRow {
        let names = ["Viola", "Orsino", "Olivia", "Feste", "Malvolio", "Toby"]
        var row = PeerRow()
        row.id = id(index)
        row.name = names[index % names.count]
        row.role = "viewer"
        row.path = index % 4 == 3 ? "relayed" : "direct"
        row.rttMs = 8 + Double(index * 13 % 70)
        row.loss = Double(index % 3) * 0.004
        row.downBps = 3_500_000
        row.upBps = Double(5 - index % 6) * 1_400_000
        row.lagMs = 410 + Double(index * 35 % 300)
        row.bufferMs = 900 - Double(index * 90 % 600)
        row.continuity = 1
        row.pictureContinuity = 1
        row.startupMs = 380 + Double(index % 9)
        row.children = index % 3
        let before = index == 0 ? source.id : id(index - 1)
        for stripe in 0..<8 {
            row.parents["\(stripe)"] = stripe % 2 == 0 ? source.id : before
        }
        return row
    }

    private static func id(_ index: Int) -> String {
        let digits = String(UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The sizes at which every screen must hold.
let sizes = [(200, 60), (120, 40), (80, 24), (40, 12), (20, 5), (10, 3)]
