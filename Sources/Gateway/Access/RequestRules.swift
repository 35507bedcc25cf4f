/// What a request's head must be to be served: who may ask, in what form, for what.
///
/// Any web page in the user's browser can make it send requests here. Hence only names that the
/// `Audience` accepts may be the `Host`, and what a browser marks as coming from elsewhere is
/// refused, except that a link on another site may be followed.
struct RequestRules: Sendable {
    /// A method that is served.
    enum Method: Equatable {
        /// Head and body.
        case get
        /// The head alone.
        case head
    }

    /// The most header fields of a request.
    static let fieldLimit = 64
    private static let tokenPunctuation = Set("!#$%&'*+-.^_`|~".utf8)

    private let port: Int
    private let audience: Audience

    /// Makes the rules for a server on a port.
    init(port: Int, audience: Audience = .thisHost) {
        self.port = port
        self.audience = audience
    }

    /// The method of a request that may be served.
    func check(_ head: some Sequence<UInt8>) throws(Refusal) -> Method {
        let lines = Array(head).split(separator: UInt8(ascii: "\n")).map { $0.dropLast() }
        guard let requestLine = lines.first else { throw .malformed("There is no request line.") }
        let line = try RequestRules.parse(requestLine: requestLine)
        let fields = try Fields(lines.dropFirst().dropLast())
        try check(fields)
        guard let method = line.method else { throw .method }
        guard line.target.first == UInt8(ascii: "/") else {
            throw .malformed("The target is not a path.")
        }
        guard line.target.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw .malformed("The target holds a character that is not allowed there.") }
        guard fields.length == 0 else { throw .malformed("A request has no body here.") }
        return method
    }

    private func check(_ fields: Fields) throws(Refusal) {
        guard let host = fields.hosts.first, fields.hosts.count == 1 else {
            throw .malformed("There must be exactly one Host.")
        }
        guard audience.accepts(host.lowercased()[...], port: port) else {
            throw .foreign("This host is not served here.")
        }
        let origins = fields.origins.map { $0.lowercased() }
        guard
            origins.allSatisfy({
                $0.hasPrefix("http://") && audience.accepts($0.dropFirst(7), port: port)
            })
        else {
            throw .foreign("Other sites may not read this.")
        }
        guard
            fields.isLinkFollowed
                || fields.fetchSites.allSatisfy({ $0 == "same-origin" || $0 == "none" })
        else { throw .foreign("Other sites may not use this.") }
    }

    private static func parse(
        requestLine: ArraySlice<UInt8>
    ) throws(Refusal) -> (method: Method?, target: ArraySlice<UInt8>) {
        let parts = requestLine.split(
            separator: UInt8(ascii: " "),
            omittingEmptySubsequences: false
        )
        guard parts.count == 3, !parts[1].isEmpty, isToken(parts[0]) else {
            throw .malformed("The request line is not METHOD TARGET VERSION.")
        }
        guard parts[2].starts(with: "HTTP/".utf8) else {
            throw .malformed("The request line does not name HTTP.")
        }
        guard parts[2].elementsEqual("HTTP/1.1".utf8) else { throw .version }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "GET": return (.get, parts[1])
        case "HEAD": return (.head, parts[1])
        default: return (nil, parts[1])
        }
    }

    /// Whether it is a token (RFC 9110 section 5.6.2).
    static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || tokenPunctuation.contains(byte)
            }
    }
}

extension RequestRules {
    /// The header fields that decide whether a request is served.
    private struct Fields {
        var hosts: [String] = []
        var origins: [String] = []
        var fetchSites: [String] = []
        private var fetchModes: [String] = []
        private var fetchTargets: [String] = []
        /// The length of the body.
        var length = 0

        /// Whether the user follows a link in a window of its own: the site that shows the link
        /// learns nothing of what is served (Fetch Metadata, section 2).
        var isLinkFollowed: Bool { fetchModes == ["navigate"] && fetchTargets == ["document"] }

        init(_ lines: ArraySlice<ArraySlice<UInt8>>) throws(Refusal) {
            guard lines.count <= RequestRules.fieldLimit else { throw .tooLarge }
            var lengths: [String] = []
            for line in lines {
                // A name is a token: no space before the colon, no folded line.
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                    RequestRules.isToken(line[..<colon])
                else { throw .malformed("A header field is not NAME: VALUE.") }
                let value = String(
                    decoding: Fields.trimmed(line[line.index(after: colon)...]),
                    as: UTF8.self
                )
                switch String(decoding: line[..<colon], as: UTF8.self).lowercased() {
                case "host": hosts.append(value)
                case "origin": origins.append(value)
                case "sec-fetch-site": fetchSites.append(value)
                case "sec-fetch-mode": fetchModes.append(value)
                case "sec-fetch-dest": fetchTargets.append(value)
                case "content-length": lengths.append(value)
                case "transfer-encoding": throw .malformed("A request has no body here.")
                default: break
                }
            }
            length = try Fields.length(lengths)
        }

        private static func length(_ values: [String]) throws(Refusal) -> Int {
            guard let value = values.first else { return 0 }
            guard values.count == 1, !value.isEmpty,
                value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(value)
            else { throw .malformed("Content-Length is not one number.") }
            return length
        }

        private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
            var rest = value.drop(while: isBlank)
            while let last = rest.last, isBlank(last) { rest.removeLast() }
            return rest
        }
    }
}
