import Telemetry

/// The measures of a snapshot as Prometheus families, in base units.
///
/// The definitions are those of `SwarmSnapshot` and `PeerRow`; unknown values are left out.
enum SwarmMeasures {
    /// One family: its name, kind and meaning, and its samples in a snapshot.
    struct Family {
        let name: String
        let kind: MetricsText.Kind
        let help: String
        let samples: (SwarmSnapshot) -> [MetricsText.Sample]

        init(
            _ name: String,
            _ help: String,
            _ kind: MetricsText.Kind = .gauge,
            _ samples: @escaping (SwarmSnapshot) -> [MetricsText.Sample]
        ) {
            self.name = name
            self.kind = kind
            self.help = help
            self.samples = samples
        }

        /// A family of one sample.
        init(
            _ name: String,
            _ help: String,
            _ kind: MetricsText.Kind = .gauge,
            of value: @escaping (SwarmSnapshot) -> Double?
        ) {
            self.init(name, help, kind) { [.init(value($0))] }
        }
    }

    /// All families, in the order in which they are written.
    static var families: [Family] { stream + swarm + own + help }

    private static var stream: [Family] {
        [
            Family("candela_channel_info", "The channel's name; always 1.") {
                [.init(1, [("name", PrintableText.clean($0.name))])]
            },
            Family("candela_live", "Whether media came from the source in the last 2 s.") {
                [.init($0.live ? 1 : 0)]
            },
            Family("candela_channel_uptime_seconds", "Time since the channel was first seen here.")
            {
                [.init($0.uptimeS)]
            },
            Family(
                "candela_media_bytes_per_second",
                "Media that the source publishes, mean of the last seconds.",
                of: { $0.bitrateBps.map { $0 / 8 } }
            ),
        ]
    }

    private static var swarm: [Family] {
        [
            Family("candela_viewers", "Viewers that take part.") { [.init($0.viewers)] },
            Family("candela_peers", "Peers that this node knows, by role.") { snapshot in
                let roles = Dictionary(grouping: snapshot.peers, by: \.role)
                return roles.keys.sorted().map { .init(roles[$0]?.count, [("role", $0)]) }
            },
            Family(
                "candela_source_load_ratio",
                "Media bytes uploaded by the source per media byte of the stream.",
                of: \.sourceLoad
            ),
            Family(
                "candela_peer_delivery_ratio",
                "Share of the delivered media that came from other peers than the source.",
                of: \.p2pShare
            ),
            Family(
                "candela_repair_ratio",
                "Share of the delivered media that push did not bring.",
                of: \.repairShare
            ),
            Family(
                "candela_overhead_ratio",
                "Bytes on the wire that are not media, per media byte delivered.",
                of: \.overhead
            ),
            Family(
                "candela_duplicates_ratio",
                "Chunks received more than once per chunk received.",
                of: \.duplicates
            ),
            Family(
                "candela_continuity_ratio",
                "Chunks delivered by their deadline per chunk due, over the viewers.",
                .gauge
            ) { spread($0.continuity) },
            Family(
                "candela_picture_continuity_ratio",
                "Media time handed over per media time due, over the viewers.",
                .gauge
            ) { spread($0.pictureContinuity) },
            Family(
                "candela_lag_seconds",
                "Source publish to viewer delivery of the same byte, over the viewers.",
                .gauge
            ) { quantiles($0.lagMs) },
            Family(
                "candela_startup_seconds",
                "Join sent to first picture delivered, over the viewers.",
                .gauge
            ) { quantiles($0.startupMs) },
        ]
    }

    /// The measures of the peer that this node is.
    private static var own: [Family] {
        [
            Family(
                "candela_own_lag_seconds",
                "Playback lag of this node.",
                of: row { $0.lagMs.map { $0 / 1_000 } }
            ),
            Family(
                "candela_own_buffer_seconds",
                "Media held between the playout point and the newest chunk.",
                of: row { $0.bufferMs.map { $0 / 1_000 } }
            ),
            Family(
                "candela_own_receive_bytes_per_second",
                "What this node receives, all wire bytes.",
                of: row { $0.downBps.map { $0 / 8 } }
            ),
            Family(
                "candela_own_transmit_bytes_per_second",
                "What this node sends, all wire bytes.",
                of: row { $0.upBps.map { $0 / 8 } }
            ),
            Family(
                "candela_own_continuity_ratio",
                "Chunks delivered by their deadline per chunk due, here.",
                of: row(\.continuity)
            ),
            Family(
                "candela_own_chunks_due_total",
                "Chunks whose deadline passed.",
                .counter,
                of: row { $0.chunksDue.map(Double.init) }
            ),
            Family(
                "candela_own_chunks_in_time_total",
                "Chunks delivered by their deadline.",
                .counter,
                of: row { $0.chunksInTime.map(Double.init) }
            ),
            Family(
                "candela_own_chunks_rescued_total",
                "Chunks that had to be asked for because push did not bring them in time.",
                .counter,
                of: row { $0.rescued.map(Double.init) }
            ),
            Family(
                "candela_own_stalls_total",
                "How often the playout point of this node halted for lack of media.",
                .counter,
                of: row { $0.stalls.map(Double.init) }
            ),
            Family(
                "candela_own_children",
                "Peers that this node feeds.",
                of: row { $0.children.map(Double.init) }
            ),
        ]
    }

    /// A value of the peer that this node is.
    private static func row(
        _ value: @escaping (PeerRow) -> Double?
    ) -> (SwarmSnapshot) -> Double? {
        { snapshot in snapshot.peers.first { $0.path == "self" }.flatMap(value) }
    }

    /// The measures of rescue and of the trackers.
    private static var help: [Family] {
        [
            Family(
                "candela_rescue_load_ratio",
                "Demand per capacity of the swarm.",
                of: \.rescue.load
            ),
            Family(
                "candela_rescue_capacity_bytes_per_second",
                "Upload capacity of the swarm.",
                of: { $0.rescue.capacityBps.map { $0 / 8 } }
            ),
            Family(
                "candela_rescue_demand_bytes_per_second",
                "Upload that the viewers need.",
                of: { $0.rescue.demandBps.map { $0 / 8 } }
            ),
            Family("candela_rescuers", "Rescuers at work.") { [.init($0.rescue.rescuers.count)] },
            Family("candela_trackers", "Trackers that this node knows, by state.") { snapshot in
                let states = Dictionary(grouping: snapshot.trackers ?? [], by: \.state)
                return states.keys.sorted().map { .init(states[$0]?.count, [("state", $0)]) }
            },
            Family("candela_tracker_round_trip_seconds", "Round trip to a tracker.") { snapshot in
                (snapshot.trackers ?? []).map {
                    .init($0.rttMs.map { $0 / 1_000 }, [("tracker", $0.place)])
                }
            },
        ]
    }

    private static func spread(_ spread: Spread) -> [MetricsText.Sample] {
        [.init(spread.mean, [("viewer", "mean")]), .init(spread.worst, [("viewer", "worst")])]
    }

    /// The quantiles of milliseconds as seconds.
    private static func quantiles(_ values: Quantiles) -> [MetricsText.Sample] {
        [("p50", values.p50), ("p95", values.p95), ("p99", values.p99), ("worst", values.worst)]
            .map { .init($0.1.map { $0 / 1_000 }, [("viewer", $0.0)]) }
    }
}
