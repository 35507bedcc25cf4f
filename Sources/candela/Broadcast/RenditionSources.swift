import Basics
import MediaIO
import Telemetry
import Wire

/// The renditions of a broadcast beside the programme itself: channels of their own, under its link.
struct RenditionSources: Sendable {
    /// A rendition whose source is open.
    struct Opened {
        let name: String
        let ingest: Ingest
    }

    private struct Running: Sendable {
        let name: String
        let ingest: Ingest
        let station: SourceStation
    }

    /// The first rendition's port follows so far after the programme's own: the one between belongs
    /// to its tracker, which answers STUN from there.
    static let portGap = 2

    private let running: [Running]

    /// Opens the sources: a bad one is told before the broadcast begins.
    static func open(
        _ renditions: [RenditionArgument],
        _ repetition: IngestOptions.Repetition
    ) throws(CommandFailure) -> [Opened] {
        var opened: [Opened] = []
        for rendition in renditions {
            let options = IngestOptions(source: rendition.source, repetition: repetition)
            do {
                opened.append(Opened(name: rendition.name, ingest: try Ingest.open(options)))
            } catch {
                throw CommandFailure(error)
            }
        }
        return opened
    }

    /// Starts a channel for each beside the programme's own, on ports after its own, with its trackers
    /// or the one in it.
    static func start(
        _ opened: [Opened],
        beside main: SourceStation,
        _ settings: SourceStation.Settings,
        _ display: DisplayHost
    ) async throws -> RenditionSources {
        var running: [Running] = []
        for (index, rendition) in opened.enumerated() {
            var own = settings
            own.part = index + 1
            own.name = "\(settings.name) (\(rendition.name))"
            own.listen = settings.listen.after(index + portGap)
            own.announce = settings.announce?.after(index + portGap)
            if settings.trackers.isEmpty { own.trackers = [main.nearTracker] }
            let station: SourceStation
            do {
                station = try await SourceStation.start(own, display: display)
            } catch {
                await RenditionSources(running: running).stop()
                throw error
            }
            running.append(
                Running(name: rendition.name, ingest: rendition.ingest, station: station)
            )
        }
        return RenditionSources(running: running)
    }

    /// The renditions as a link names them.
    var listed: [ChannelLink.Rendition] {
        running.map { .init(name: $0.name, channel: $0.station.link.channel) }
    }

    /// Begins to broadcast; the end of a rendition is told, and the programme goes on.
    func play(_ onEvent: @escaping @Sendable (_ name: String, IngestEvent) -> Void) {
        for rendition in running {
            rendition.ingest.start(
                onPackets: { rendition.station.publish($0) },
                onEvent: { onEvent(rendition.name, $0) }
            )
        }
    }

    /// Says goodbye to everybody.
    func stop() async {
        for rendition in running { rendition.ingest.stop() }
        for rendition in running { await rendition.station.stop() }
    }
}

extension Endpoint {
    /// The same address so many ports on; port 0 stays, which means any.
    fileprivate func after(_ count: Int) -> Endpoint {
        port == 0 ? self : with(port: UInt16(clamping: Int(port) + count))
    }
}
