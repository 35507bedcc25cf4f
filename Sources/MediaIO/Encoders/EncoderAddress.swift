import Glibc

/// The addresses of encoders and servers, as a user writes them.
enum EncoderAddress {
    /// RTMP's registered port.
    private static let portRtmp: UInt16 = 1_935
    private static let wildcards: Set<Substring> = ["", "0.0.0.0", "[::]", "::"]

    /// Parses an address of a network protocol; nil when its scheme is none of these.
    static func parse(_ text: String) throws(IngestError) -> SourceAddress? {
        guard let scheme = SourceAddress.scheme(of: text) else { return nil }
        switch scheme.lowercased() {
        case "rtmp": return try rtmp(text)
        case "rtmps": return .network(NetworkAddress(kind: .rtmp, url: try checked(text)))
        case "srt": return .network(try srt(text))
        case "tcp": return .network(NetworkAddress(kind: .tcp, url: try tcp(text)))
        case "rtsp", "rtsps": return .network(NetworkAddress(kind: .rtsp, url: try checked(text)))
        case "http", "https": return .network(NetworkAddress(kind: .http, url: try checked(text)))
        default: return nil
        }
    }

    /// Host and port of an address; nil without a port.
    static func place(in text: String) -> (host: String, port: UInt16)? {
        let place = authority(of: text)
        guard let colon = place.lastIndex(of: ":"), place.last != "]",
            let port = UInt16(place[place.index(after: colon)...]), port > 0
        else { return nil }
        let host = place[..<colon]
        let plain = host.hasPrefix("[") ? host.dropFirst().dropLast() : host
        return (plain.isEmpty ? "0.0.0.0" : String(plain), port)
    }

    /// Encoders push to an address of this machine; a server elsewhere is pulled from.
    ///
    /// `?listen=1` and `?listen=0` decide where the host does not.
    private static func rtmp(_ text: String) throws(IngestError) -> SourceAddress {
        let wanted = "write rtmp://0.0.0.0:1935/live/KEY to let encoders push to this machine"
        let query = text.firstIndex(of: "?").map { text[text.index(after: $0)...] } ?? ""
        let plain = String(text.prefix { $0 != "?" })
        let place = authority(of: plain)
        let host = EncoderAddress.host(of: place)
        let isOurs = wildcards.contains(host) || host == "localhost" || host.hasPrefix("127.")
        guard query == "listen=1" || isOurs && query != "listen=0" else {
            let url = query == "listen=0" ? plain : text
            return .network(NetworkAddress(kind: .rtmp, url: try checked(url)))
        }
        guard query.isEmpty || query == "listen=1" else {
            throw IngestError(.badSource, "\(plain): options after ? are unknown; \(wanted)")
        }
        let path = plain.dropFirst("rtmp://".count + place.count).split(separator: "/")
        guard path.count >= 2 else {
            throw IngestError(.badSource, "\(plain): has no stream key; \(wanted)")
        }
        let hasPort = place.count > host.count
        guard let port = hasPort ? self.place(in: plain)?.port : portRtmp else {
            throw IngestError(.badSource, "\(plain): no port from 1 to 65535; \(wanted)")
        }
        let bare = host.hasPrefix("[") ? host.dropFirst().dropLast() : host
        return .rtmp(
            RtmpAddress(
                host: bare.isEmpty ? "0.0.0.0" : String(bare),
                port: port,
                path: path.joined(separator: "/")
            )
        )
    }

    private static func srt(_ text: String) throws(IngestError) -> NetworkAddress {
        let wanted = "write srt://0.0.0.0:9000?mode=listener, or srt://HOST:PORT to call"
        guard place(in: text) != nil else {
            throw IngestError(.badSource, "\(text): no port from 1 to 65535; \(wanted)")
        }
        let query = text.firstIndex(of: "?").map { text[text.index(after: $0)...] } ?? ""
        let modes = query.split(separator: "&").filter { $0.hasPrefix("mode=") }
        let isOurs = wildcards.contains(host(of: authority(of: text)))
        switch modes.first.map({ $0.dropFirst("mode=".count) }) {
        case "listener": return NetworkAddress(kind: .srt(.listener), url: text)
        case "caller" where !isOurs: return NetworkAddress(kind: .srt(.caller), url: text)
        case nil:
            guard isOurs else { return NetworkAddress(kind: .srt(.caller), url: text) }
            let url = text + (query.isEmpty ? "?" : "&") + "mode=listener"
            return NetworkAddress(kind: .srt(.listener), url: url)
        default:
            throw IngestError(.badSource, "\(text): cannot be called so; \(wanted)")
        }
    }

    private static func tcp(_ text: String) throws(IngestError) -> String {
        guard place(in: text) != nil, !text.contains("?") else {
            throw IngestError(.badSource, "\(text): write tcp://HOST:PORT")
        }
        return try checked(text)
    }

    /// An address with a host, in characters that no protocol trips over.
    private static func checked(_ text: String) throws(IngestError) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain, !host(of: authority(of: text)).isEmpty else {
            throw IngestError(
                .badSource,
                "\(text): not an address; write SCHEME://HOST[:PORT]/PATH without spaces"
            )
        }
        return text
    }

    /// What stands between the scheme and the path, without user and password.
    static func authority(of text: String) -> Substring {
        let scheme = SourceAddress.scheme(of: text)?.count ?? 0
        let rest = text.dropFirst(scheme + "://".count)
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        guard let at = place.lastIndex(of: "@") else { return place }
        return place[place.index(after: at)...]
    }

    /// An authority without its port; brackets stay.
    static func host(of place: Substring) -> Substring {
        guard !place.hasPrefix("[") else {
            return place.firstIndex(of: "]").map { place[...$0] } ?? place
        }
        return place.prefix { $0 != ":" }
    }
}
