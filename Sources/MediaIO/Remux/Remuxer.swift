import Basics
import CFFmpeg

/// Turns a transport stream into fragmented MP4, as its packets come.
///
/// Each hole in the stream, each change of a format and each jump of time begins a new movie with
/// its own header, at the next key frame; the timeline of the output goes on without a hole. What
/// waits for the start of a movie is bounded by `pendingMax` bytes and one second.
final class Remuxer {
    private struct Track {
        let pid: Int
        let parser: TrackParser
        var assembler = PesAssembler()
        var format: TrackFormat?
    }

    private struct Pending {
        let unit: TrackUnit
        let track: Int
    }

    private static let pendingMax = 16 << 20
    /// A track that the tables promise and that does not come is waited for so long.
    private static let waitMax: Int64 = 90_000

    private let emit: (RemuxOutput) -> Void
    private var sync = TransportSync()
    private var program = TransportProgram()
    private var streams: [TransportProgram.Stream] = []
    private var tracks: [Track] = []
    private var omitted: [String] = []
    private var pending: [Pending] = []
    private var pendingBytes = 0
    private var movie: RemuxedMovie?
    private var timelineEnd: Int64 = 0

    /// Makes a remuxer; `emit` is called in order from within `append` and `finish`.
    init(_ emit: @escaping (RemuxOutput) -> Void) { self.emit = emit }

    /// Takes bytes as they come.
    func append(_ bytes: ArraySlice<UInt8>) {
        let packets = sync.append(bytes)
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            program.observe(packet, in: packets, at: start)
            if program.isKnown, program.streams != streams { openTracks() }
            guard let index = tracks.firstIndex(where: { $0.pid == packet.pid }) else { continue }
            take(packet, packets, start, track: index)
        }
    }

    /// Ends the stream: what is there comes out.
    func finish() {
        for index in tracks.indices {
            if let unit = tracks[index].assembler.finish() { take(unit, track: index) }
        }
        endMovie()
    }

    // MARK: Tracks

    /// Chooses the first picture and the first sound that browsers play.
    private func openTracks() {
        endMovie()
        streams = program.streams
        tracks = []
        omitted = []
        var hasPicture = false
        var hasSound = false
        var missing: [String] = []
        for stream in streams {
            guard let codec = Remuxer.codec(stream.type), let parser = TrackParser(codec) else {
                let name = TransportProgram.name(ofType: stream.type)
                if Remuxer.isPicture(stream.type) {
                    missing.append(name)
                } else {
                    omitted.append(name)
                }
                continue
            }
            if parser.isPicture ? hasPicture : hasSound { continue }
            if parser.isPicture { hasPicture = true } else { hasSound = true }
            let track = Track(pid: stream.pid, parser: parser)
            if parser.isPicture { tracks.insert(track, at: 0) } else { tracks.append(track) }
        }
        if !hasPicture, let name = missing.first {
            tracks = []
            emit(.unplayable("The picture is \(name), which browsers do not play."))
        } else if tracks.isEmpty, !streams.isEmpty {
            let names = omitted.joined(separator: ", ")
            emit(.unplayable("The programme holds \(names), which browsers do not play."))
        }
    }

    private static func codec(_ type: UInt8) -> AVCodecID? {
        switch type {
        case 0x1B: AV_CODEC_ID_H264
        case 0x24: AV_CODEC_ID_HEVC
        case 0x0F: AV_CODEC_ID_AAC
        case 0x03, 0x04: AV_CODEC_ID_MP3
        default: nil
        }
    }

    /// The picture's stream types beside those that are played (ISO/IEC 13818-1, table 2-34).
    private static func isPicture(_ type: UInt8) -> Bool {
        [0x01, 0x02, 0x10, 0x1E, 0x20, 0x21, 0x33, 0x42, 0xD1, 0xD2, 0xEA].contains(type)
    }

    private func take(_ packet: TransportPacket, _ bytes: [UInt8], _ start: Int, track: Int) {
        let outcome = tracks[track].assembler.append(packet, in: bytes, at: start)
        // A hole in the sound alone is no reason to begin anew.
        if outcome.isBroken, track == 0 { endMovie() }
        if let unit = outcome.unit { take(unit, track: track) }
    }

    private func take(_ unit: PesUnit, track: Int) {
        for unit in tracks[track].parser.parse(unit) {
            tracks[track].format = unit.format ?? tracks[track].format
            place(unit, track: track)
        }
    }

    // MARK: Movies

    private func place(_ unit: TrackUnit, track: Int) {
        guard let movie else { return gather(unit, track: track) }
        let isEntry = track == 0 && unit.isKey
        if isEntry, isStale(movie) {
            endMovie()
            return gather(unit, track: track)
        }
        if let format = movie.formats[track], let own = unit.format, format != own, track > 0 {
            return
        }
        switch movie.add(unit, track: track) {
        case .taken(let parts):
            for part in parts { emit(.part(part)) }
        case .jump:
            // Sound jumps a little before the picture does, or after it.
            guard track == 0 else { return }
            endMovie()
            gather(unit, track: track)
        }
    }

    /// Whether a movie with other tracks or formats is due at the next key frame.
    private func isStale(_ movie: RemuxedMovie) -> Bool {
        tracks.indices.contains {
            tracks[$0].format != nil && tracks[$0].format != movie.formats[$0]
        }
    }

    private func endMovie() {
        pending = []
        pendingBytes = 0
        guard let movie else { return }
        self.movie = nil
        for part in movie.finish() { emit(.part(part)) }
        timelineEnd = movie.end
    }

    /// Holds units back until the formats of all tracks are known.
    private func gather(_ unit: TrackUnit, track: Int) {
        if pending.isEmpty { guard track == 0, unit.isKey, unit.format != nil else { return } }
        pending.append(Pending(unit: unit, track: track))
        pendingBytes += unit.bytes.count
        guard let first = pending.first?.unit else { return }
        let waited = TransportTime.distance(from: first.decoding, to: unit.decoding)
        let isComplete = tracks.allSatisfy { $0.format != nil }
        guard isComplete || abs(waited) >= Remuxer.waitMax || pendingBytes > Remuxer.pendingMax
        else { return }
        beginMovie(first: first.decoding)
    }

    private func beginMovie(first: Int64) {
        var formats: [Int: TrackFormat] = [:]
        for index in tracks.indices { formats[index] = tracks[index].format }
        let units = pending
        pending = []
        pendingBytes = 0
        guard let movie = RemuxedMovie(formats, first: first, at: timelineEnd) else {
            return emit(.unplayable("The stream's headers are not understood."))
        }
        self.movie = movie
        emit(.head(movie.head(omitted: omitted)))
        for pending in units { place(pending.unit, track: pending.track) }
    }
}
