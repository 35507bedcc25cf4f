import Basics
import CFFmpeg

/// One movie being written: units in, fragments of about 100 ms out.
///
/// Its timeline begins where it is told and has no jump; units that jump are refused.
final class RemuxedMovie {
    /// What became of a unit.
    enum Outcome: Equatable {
        /// It was taken, and these fragments are complete.
        case taken([RemuxPart])
        /// Its time does not fit in: a new movie must begin.
        case jump
    }

    /// A fragment is cut after so much: 90 ms is three pictures at 25 or 30 a second.
    private static let partLength: Int64 = 8_100
    /// Sound without picture is cut after so much.
    private static let soundLengthMax: Int64 = 90_000
    /// Picture and sound are multiplexed less far apart than this.
    private static let jumpMin: Int64 = 5 * 90_000

    /// The formats, by the tracks of the programme.
    let formats: [Int: TrackFormat]
    /// Where the timeline ends so far, 90 kHz.
    private(set) var end: Int64

    private let writer: MovieWriter
    private let places: [Int: Int]
    private let lead: Int
    /// What is added to unwrapped times.
    private let shift: Int64
    private let begin: Int64
    /// The time of the lead's latest unit, unwrapped.
    private var reference: Int64
    private var part: (start: Int64, end: Int64, isKey: Bool)?
    private var soundEnd: Int64
    private var leadEnd: Int64

    /// Begins a movie with some tracks at a place of the timeline.
    ///
    /// - Parameters:
    ///   - formats: by track of the programme; the picture's track comes first.
    ///   - first: the time of the first unit, 90 kHz in 33 bits.
    ///   - begin: the place, 90 kHz.
    init?(_ formats: [Int: TrackFormat], first: Int64, at begin: Int64) {
        let tracks = formats.keys.sorted()
        guard let lead = tracks.first, let writer = MovieWriter(tracks.compactMap { formats[$0] })
        else { return nil }
        self.formats = formats
        self.writer = writer
        self.lead = lead
        self.begin = begin
        places = Dictionary(uniqueKeysWithValues: tracks.enumerated().map { ($1, $0) })
        reference = first
        shift = begin - first
        end = begin
        soundEnd = begin
        leadEnd = begin
    }

    /// The header, with what was left out.
    func head(omitted: [String]) -> RemuxHead {
        let tracks = formats.keys.sorted().compactMap { formats[$0] }
        var size: (width: Int, height: Int)?
        if case .picture(let width, let height)? = tracks.first?.measures { size = (width, height) }
        return RemuxHead(
            bytes: writer.head,
            codecs: tracks.compactMap(\.mimeCodec).joined(separator: ","),
            size: size,
            omitted: omitted
        )
    }

    /// Adds a unit; one of a track that is not in the movie is passed over.
    func add(_ unit: TrackUnit, track: Int) -> Outcome {
        guard let place = places[track] else { return .taken([]) }
        let modulus = TransportStream.timestampModulus
        let step = TransportTime.distance(from: reference & (modulus - 1), to: unit.decoding)
        guard abs(step) < RemuxedMovie.jumpMin else { return .jump }
        let unwrapped = reference + step
        if track == lead { reference = unwrapped }
        let decoding = unwrapped + shift
        guard decoding >= begin else { return .taken([]) }
        let delay = TransportTime.distance(from: unit.decoding, to: unit.presentation)
        var placed = unit
        placed.decoding = decoding
        placed.presentation = decoding + min(max(0, delay), RemuxedMovie.jumpMin)
        var parts: [RemuxPart] = []
        if track == lead, unit.isKey, isPicture, part != nil { parts += cut() }
        guard writer.write(placed, track: place) else { return .taken(parts) }
        end = max(end, placed.presentation + unit.duration)
        note(placed, isLead: track == lead)
        if isDue { parts += cut() }
        return .taken(parts)
    }

    /// Ends the movie and returns what was not yet cut.
    func finish() -> [RemuxPart] { part == nil && soundEnd <= leadEnd ? [] : cut() }

    private var isPicture: Bool {
        if case .picture? = formats[lead]?.measures { return true }
        return false
    }

    private func note(_ unit: TrackUnit, isLead: Bool) {
        let unitEnd = unit.decoding + unit.duration
        guard isLead else {
            soundEnd = max(soundEnd, unitEnd)
            return
        }
        let isKey = part?.isKey ?? unit.isKey
        part = (part?.start ?? unit.decoding, unitEnd, isKey)
        leadEnd = unitEnd
    }

    private var isDue: Bool {
        if let part { return part.end - part.start >= RemuxedMovie.partLength }
        return soundEnd - leadEnd >= RemuxedMovie.soundLengthMax
    }

    private func cut() -> [RemuxPart] {
        let bytes = writer.cut()
        let (start, end) = part.map { ($0.start, $0.end) } ?? (leadEnd, max(leadEnd, soundEnd))
        let isKey = part?.isKey ?? false
        leadEnd = end
        part = nil
        guard !bytes.isEmpty else { return [] }
        return [
            RemuxPart(
                bytes: bytes,
                start: RemuxedMovie.span(start),
                duration: RemuxedMovie.span(end - start),
                startsKeyFrame: isKey
            )
        ]
    }

    private static func span(_ ticks: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: ticks * 100_000 / 9)
    }
}
