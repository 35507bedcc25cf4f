/// What the user named as the source.
enum SourceAddress: Hashable, Sendable {
    /// A file, a named pipe or a device, by its path.
    case file(path: String)
    /// Standard input, written `-`.
    case standardInput
    /// MPEG-TS in UDP datagrams, to an address of this machine or a multicast group.
    case datagrams(host: String, port: UInt16)
    /// Encoders that push to this machine with RTMP.
    case rtmp(RtmpAddress)
    /// An address that libavformat reaches.
    case network(NetworkAddress)
    /// A camera or a graph.
    case capture(CaptureAddress)
    /// The built-in test picture and tone.
    case pattern(PatternFormat)

    static let supported =
        "a file, - (standard input), rtmp://0.0.0.0:1935/live/KEY, srt://, rtsp://, http://, v4l2:/dev/video0, "
        + "udp://HOST:PORT (MPEG-TS) or pattern:WIDTHxHEIGHT@FPS,RATE"

    /// Parses a source as given on the command line.
    init(parsing text: String) throws(IngestError) {
        if text.isEmpty {
            throw IngestError(.badSource, "the source is empty; give \(SourceAddress.supported)")
        } else if text == "-" {
            self = .standardInput
        } else if text == "pattern" || text.hasPrefix("pattern:") {
            self = .pattern(try PatternFormat(parsing: String(text.dropFirst("pattern:".count))))
        } else if text.hasPrefix("udp://") {
            self = try SourceAddress.datagrams(in: text)
        } else if text.hasPrefix("file://") {
            self = .file(path: String(text.dropFirst("file://".count)))
        } else if let capture = try CaptureAddress(parsing: text) {
            self = .capture(capture)
        } else if let address = try EncoderAddress.parse(text) {
            self = address
        } else if let scheme = SourceAddress.scheme(of: text) {
            throw IngestError(
                .badSource,
                "\(scheme):// is not supported; give \(SourceAddress.supported)"
            )
        } else {
            self = .file(path: text)
        }
    }

    /// The part before `://`; nil when there is none.
    static func scheme(of text: String) -> Substring? {
        let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+") }
        guard !scheme.isEmpty, text.dropFirst(scheme.count).hasPrefix("://") else { return nil }
        return scheme
    }

    /// Parses `udp://host:port`, `udp://@group:port` and `udp://[v6]:port`; an empty host means
    /// every address of this machine.
    private static func datagrams(in text: String) throws(IngestError) -> SourceAddress {
        var rest = text.dropFirst("udp://".count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasPrefix("@") { rest = rest.dropFirst() }
        let wanted = "write udp://HOST:PORT, such as udp://0.0.0.0:5000 or udp://239.1.2.3:5000"
        guard !rest.contains("?"), !rest.contains("/") else {
            throw IngestError(.badSource, "\(text): options after the port are unknown; \(wanted)")
        }
        guard let colon = rest.lastIndex(of: ":"),
            let port = UInt16(rest[rest.index(after: colon)...]), port > 0
        else {
            throw IngestError(.badSource, "\(text): no port from 1 to 65535; \(wanted)")
        }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return .datagrams(host: host.isEmpty ? "0.0.0.0" : String(host), port: port)
    }
}
