import Basics
import Foundation
import MediaIO
import Synchronization
import Telemetry

@testable import Gateway

/// A gateway whose stream is the built-in test picture, as a viewer would have it.
final class Stage: Sendable {
    let history: LiveHistory
    let gateway: Gateway
    private let feed = Mutex<Ingest?>(nil)

    /// Starts a gateway; nothing plays yet.
    init(
        _ maker: MovieMaker = .remux,
        snapshot: SwarmSnapshot = Stage.swarm(9),
        historySpan: TimeSpan = .seconds(10),
        renditions: GatewayRenditions? = nil
    ) async throws {
        history = LiveHistory(span: historySpan)
        var configuration = GatewayConfiguration(history: history) { snapshot }
        configuration.port = 0
        configuration.channels[0].movieMaker = maker
        configuration.channels[0].renditions = renditions
        configuration.channels[0].why = { _ in "All is well: every picture comes in time." }
        gateway = try await Gateway.start(configuration)
    }

    /// Plays a pattern instead of what played before, as a source that starts anew does.
    func play(_ pattern: String) throws {
        stopFeed()
        let ingest = try Ingest.open(IngestOptions(source: pattern))
        let cutter = Mutex(KeyFrameCutter())
        ingest.start(
            onPackets: { [history] packets in
                for chunk in cutter.withLock({ $0.cut(packets) }) {
                    history.append(chunk, at: Stage.now)
                }
            },
            onEvent: { _ in }
        )
        feed.withLock { $0 = ingest }
    }

    /// Ends everything.
    func stop() async {
        stopFeed()
        history.finish()
        await gateway.stop()
    }

    private func stopFeed() {
        let old = feed.withLock { feed in
            defer { feed = nil }
            return feed
        }
        old?.stop()
    }

    private static var now: Instant {
        Instant(nanoseconds: Int64(ProcessInfo.processInfo.systemUptime * 1e9))
    }

    /// A swarm of so many viewers, three hops deep, this viewer among them.
    static func swarm(_ viewers: Int) -> SwarmSnapshot {
        var snapshot = SwarmSnapshot()
        snapshot.name = "Sunday service"
        snapshot.live = true
        snapshot.own = "p4"
        snapshot.viewers = viewers
        snapshot.video = "360p30"
        snapshot.bitrateBps = 1.2e6
        snapshot.p2pShare = 0.8349
        snapshot.peers = (0...viewers).map { number in
            var row = PeerRow()
            row.id = "p\(number)"
            row.name = number == 0 ? "source" : "viewer \(number)"
            row.role = number == 0 ? "source" : "viewer"
            row.lagMs = number == 0 ? nil : 950 + 20 * Double(number)
            guard number > 0 else { return row }
            row.parents = [
                "0": "p\(max(0, (number - 1) / 3))", "1": "p\(max(0, (number - 2) / 3))",
            ]
            if number == 4 {
                row.path = "self"
                row.nat = NatType.usual.description
                row.continuity = 0.99987
                row.bufferMs = 820
                row.upBps = 2.4e6
                row.children = 2
            }
            return row
        }
        return snapshot
    }
}

extension MovieMaker {
    /// As the program makes movies.
    static let remux = MovieMaker { sink in
        guard let remux = Remux(onOutput: { sink(Stage.output($0)) }) else { return nil }
        return MovieRun(append: { remux.append($0) }, stop: { remux.stop() })
    }
}

extension Stage {
    /// What the remuxer gives, in the gateway's words.
    static func output(_ output: RemuxOutput) -> MovieOutput {
        switch output {
        case .head(let head):
            .head(
                MovieHead(
                    bytes: head.bytes,
                    codecs: head.codecs,
                    width: head.size?.width,
                    height: head.size?.height,
                    omitted: head.omitted
                )
            )
        case .part(let part):
            .part(
                MoviePart(
                    bytes: part.bytes,
                    start: part.start,
                    duration: part.duration,
                    startsKeyFrame: part.startsKeyFrame
                )
            )
        case .unplayable(let reason): .unplayable(reason)
        }
    }
}

/// Cuts packets before the tables of each key frame, as blocks are.
private struct KeyFrameCutter {
    private var isFirst = true

    mutating func cut(_ packets: [UInt8]) -> [LiveChunk] {
        var chunks: [LiveChunk] = []
        var begin = 0
        var tables: Int?
        var marks: LiveChunk.Marks = []
        func add(until end: Int) {
            guard end > begin else { return }
            let bytes = Bytes(Array(packets[begin..<end]))
            chunks.append(LiveChunk(bytes: bytes, mediaTime: .zero, marks: marks))
        }
        for start in stride(from: 0, to: packets.count, by: 188) {
            let pid = Int(packets[start + 1] & 0x1F) << 8 | Int(packets[start + 2])
            let hasField = packets[start + 3] & 0x20 != 0 && packets[start + 4] > 0
            let isRandom = hasField && packets[start + 5] & 0x40 != 0
            // The first stream of libavformat's programme is the picture.
            if pid == 0x100, isRandom {
                let place = tables ?? start
                add(until: place)
                (begin, marks) = (place, .keyFrame)
            }
            tables = pid < 0x20 || pid == 0x1000 ? tables ?? start : nil
        }
        add(until: packets.count)
        return chunks
    }
}
