import Telemetry

/// Writes everything that a node measures for `/metrics`.
struct GatewayMetrics: Sendable {
    /// What the gateway counts.
    let tally: GatewayTally
    /// The gateway's connections.
    let connections: Connections

    /// The page.
    func text(_ channels: [GatewayChannel]) -> String {
        var out = MetricsText()
        writeChannels(channels, &out)
        writeGateway(&out)
        ProcessMeasures.write(&out)
        return out.text
    }

    /// One family after the other, with the samples of all channels together.
    private func writeChannels(_ channels: [GatewayChannel], _ out: inout MetricsText) {
        let snapshots = channels.map { ($0, $0.snapshot()) }
        func label(_ channel: GatewayChannel, _ snapshot: SwarmSnapshot) -> String {
            snapshot.channel.isEmpty ? channel.folder : String(snapshot.channel.prefix(16))
        }
        for family in SwarmMeasures.families {
            let samples = snapshots.flatMap { channel, snapshot in
                family.samples(snapshot).map { sample in
                    var sample = sample
                    sample.labels.insert(("channel", label(channel, snapshot)), at: 0)
                    return sample
                }
            }
            out.write(family.name, family.kind, family.help, samples)
        }
        func all(_ value: (LiveHistory) -> Double) -> [MetricsText.Sample] {
            snapshots.map { .init(value($0.0.history), [("channel", label($0.0, $0.1))]) }
        }
        out.write(
            "candela_stream_readers",
            .gauge,
            "Players and converters that follow the stream now.",
            all { Double($0.readerCount) }
        )
        out.write(
            "candela_history_bytes",
            .gauge,
            "Memory that holds the stream's last seconds.",
            all { Double($0.heldBytes) }
        )
    }

    private func writeGateway(_ out: inout MetricsText) {
        let counts = tally.counts
        out.write(
            "candela_http_connections",
            .gauge,
            "Open HTTP connections.",
            [.init(connections.count)]
        )
        out.write(
            "candela_http_responses_total",
            .counter,
            "HTTP responses by status code.",
            counts.responses.keys.sorted().map {
                .init(counts.responses[$0], [("code", String($0))])
            }
        )
        out.write(
            "candela_http_transmit_bytes_total",
            .counter,
            "Bytes handed to HTTP clients.",
            [.init(counts.sentBytes)]
        )
        out.write(
            "candela_http_players_skipped_total",
            .counter,
            "How often a slow player was skipped ahead.",
            [.init(counts.skipped)]
        )
        out.write(
            "candela_http_players_dropped_total",
            .counter,
            "Players whose connection was closed because they took nothing.",
            [.init(counts.dropped)]
        )
    }
}
