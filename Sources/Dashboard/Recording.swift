import FoundationEssentials
import Telemetry

/// A recorded stretch of a swarm's life.
///
/// ### The file
/// Lines of JSON in UTF-8, each ended by a line feed, none longer than 8 MiB:
/// 1. the head: `{"candela_recording": 1, "channel": "…", "name": "…"}`, where 1 is the version;
/// 2. a moment in every other line: `{"t": 1700000000.25, "snapshot": {…}}`, where `t` is in seconds since
///    1970 and never decreases, and the snapshot is what `watch --once --json` prints. Numbers that JSON
///    cannot express are the strings `nan`, `inf` and `-inf`.
///
/// Keys that a reader does not know are skipped; a key that is missing in a snapshot and whose value may
/// be unknown is unknown. A file without its last line feed was cut short while it was written: its last
/// line is left out, and `isCutShort` says so. Anything else that is wrong is an error with its line.
public struct Recording: Sendable {
    /// The moments, thinned out where they are too many for the memory that a history may take.
    public let history: History
    /// The channel's identifier.
    public let channel: String
    /// The channel's name.
    public let name: String
    /// Whether the last line was incomplete.
    public let isCutShort: Bool

    /// The version that is written, and the only one that is read.
    public static let version = 1
    /// The longest line: a snapshot of 10,000 peers has 5 MB.
    static let lineMax = 8 << 20
    /// The longest recording in moments: a day and a night, a second each.
    static let momentsMax = 100_000

    /// Reads a whole file.
    ///
    /// - Throws: The first thing that is wrong, with its line.
    public init(_ bytes: [UInt8]) throws(RecordingError) {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            throw RecordingError(line: 1, "the file has no complete line")
        }
        isCutShort = end + 1 < bytes.count
        let lines = bytes[...end].split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
        ).dropLast()
        let head = try Recording.head(lines[0])
        (channel, name) = (head.channel, head.name)
        guard lines.count >= 2 else {
            throw RecordingError(line: 2, "no snapshot follows the head")
        }
        var history = History(span: .infinity)
        for (index, line) in lines.enumerated().dropFirst() {
            guard index <= Recording.momentsMax else {
                throw RecordingError(
                    line: index + 1,
                    "more than \(Recording.momentsMax) snapshots are not read"
                )
            }
            let moment: RecordedMoment = try Recording.decode(line, line: index + 1)
            if let last = history.newest?.time, moment.t < last {
                throw RecordingError(line: index + 1, "time goes back from \(last) to \(moment.t)")
            }
            history.append(moment.snapshot, at: moment.t)
        }
        self.history = history
    }

    private static func head(_ line: ArraySlice<UInt8>) throws(RecordingError) -> RecordedHead {
        let head: RecordedHead
        do throws(RecordingError) {
            head = try decode(line, line: 1)
        } catch {
            throw RecordingError(line: 1, "not a recording: \(error.reason)")
        }
        guard head.version == version else {
            throw RecordingError(
                line: 1,
                "version \(head.version) is not known here, only \(version)"
            )
        }
        return head
    }

    private static func decode<Value: Decodable>(
        _ bytes: ArraySlice<UInt8>,
        line: Int
    ) throws(RecordingError) -> Value {
        guard bytes.count <= lineMax else {
            throw RecordingError(line: line, "longer than \(lineMax) bytes")
        }
        guard !bytes.isEmpty else { throw RecordingError(line: line, "the line is empty") }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        do {
            return try decoder.decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw RecordingError(line: line, RecordingError.words(for: error))
        } catch {
            throw RecordingError(line: line, "not JSON")
        }
    }

    /// The first line of a file.
    static func headLine(channel: String, name: String) -> [UInt8] {
        line(RecordedHead(version: version, channel: channel, name: name))
    }

    /// The line of a moment.
    static func line(_ snapshot: SwarmSnapshot, at time: Double) -> [UInt8] {
        line(RecordedMoment(t: time, snapshot: snapshot))
    }

    private static func line(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        // Every value has a form: numbers through the strategy, all else is text.
        guard let data = try? encoder.encode(value) else { return [] }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}

/// The first line of a recording.
private struct RecordedHead: Codable {
    var version: Int
    var channel: String
    var name: String

    enum CodingKeys: String, CodingKey {
        case channel, name
        case version = "candela_recording"
    }
}

/// Any other line.
private struct RecordedMoment: Codable {
    var t: Double
    var snapshot: SwarmSnapshot
}
