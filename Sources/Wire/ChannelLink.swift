public import Basics

/// What a person passes on:
/// `candela://<channel id>?t=host:port&k=<tracker key>&r=360p:<channel id>&n=Name`.
///
/// `t` may repeat, one per tracker; every `k` belongs to the `t` before it and lets a viewer open
/// the session in one round trip. `r` repeats once per rendition of the programme. `n` only serves
/// people.
public struct ChannelLink: Sendable, Equatable, CustomStringConvertible {
    /// A tracker as the link names it.
    public struct Tracker: Sendable, Equatable {
        /// `host:port`; the host may be a name, which the driver resolves.
        public var address: String
        /// The tracker's X25519 public key; nil when the viewer has to ask for it.
        public var key: [UInt8]?
        /// Makes a tracker.
        public init(address: String, key: [UInt8]?) {
            self.address = address
            self.key = key
        }
    }

    /// The same programme at another quality, as a channel of its own with the same trackers.
    public struct Rendition: Sendable, Equatable {
        /// What viewers call it, such as `720p`.
        public var name: String
        /// Its channel.
        public var channel: ChannelID
        /// Makes a rendition; its name must pass `isName`.
        public init(name: String, channel: ChannelID) {
            self.name = name
            self.channel = channel
        }

        /// Whether a text can name a rendition: 1 to 24 letters and digits of ASCII, `.`, `-`, `_`.
        public static func isName(_ text: some StringProtocol) -> Bool {
            (1...24).contains(text.utf8.count)
                && text.unicodeScalars.allSatisfy {
                    $0.isASCII
                        && ($0.properties.isAlphabetic
                            || "0123456789.-_".unicodeScalars.contains($0))
                }
        }
    }

    /// The most renditions beside the programme itself.
    public static let renditionMax = 7

    /// The channel's identifier.
    public var channel: ChannelID
    /// The trackers, best first; at least one, at most 8.
    public var trackers: [Tracker]
    /// The channel's name.
    public var name: String
    /// The programme at other qualities, best first.
    public var renditions: [Rendition]

    /// Makes a link.
    public init(
        channel: ChannelID,
        trackers: [Tracker],
        name: String,
        renditions: [Rendition] = []
    ) {
        self.channel = channel
        self.trackers = trackers
        self.name = name
        self.renditions = renditions
    }

    /// The link as text.
    public var description: String {
        var fields = trackers.flatMap { tracker in
            ["t=\(PercentCoding.encode(tracker.address))"]
                + (tracker.key.map { ["k=\(Hex.string($0))"] } ?? [])
        }
        fields += renditions.map { "r=\($0.name):\($0.channel)" }
        if !name.isEmpty { fields.append("n=\(PercentCoding.encode(name))") }
        return "candela://\(channel)?\(fields.joined(separator: "&"))"
    }

    /// Parses a link; the error says in one line what is wrong with it.
    public init(parsing text: String) throws(LinkError) {
        let scheme = "candela://"
        guard text.utf8.count <= 4_096 else { throw LinkError("is longer than 4,096 bytes") }
        guard text.hasPrefix(scheme) else { throw LinkError("does not begin with candela://") }
        let rest = text.dropFirst(scheme.count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = Hex.bytes(parts[0]).flatMap(ChannelID.init) else {
            throw LinkError("has no channel identifier of 40 hexadecimal digits; was it cut?")
        }
        channel = id
        trackers = []
        name = ""
        renditions = []
        for field in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            try take(field)
        }
        guard !trackers.isEmpty else {
            throw LinkError("names no tracker (t=host:port); was it cut?")
        }
    }

    private mutating func take(_ field: Substring) throws(LinkError) {
        let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, let value = PercentCoding.decode(pair[1]) else {
            throw LinkError("has a field that is not key=value: \(field.prefix(40))")
        }
        switch pair[0] {
        case "t":
            guard trackers.count < 8 else { throw LinkError("names more than 8 trackers") }
            guard ChannelLink.isAddress(value) else {
                throw LinkError("has a tracker that is not host:port: \(value.prefix(60))")
            }
            trackers.append(Tracker(address: value, key: nil))
        case "k":
            guard let last = trackers.indices.last else {
                throw LinkError("has a tracker key before its tracker")
            }
            guard let key = Hex.bytes(value), key.count == 32 else {
                throw LinkError("has a tracker key that is not 64 hexadecimal digits")
            }
            trackers[last].key = key
        case "n": name = value
        case "r": try take(rendition: value)
        default: break  // A later version's field.
        }
    }

    private mutating func take(rendition value: String) throws(LinkError) {
        guard renditions.count < ChannelLink.renditionMax else {
            throw LinkError("names more than \(ChannelLink.renditionMax) renditions")
        }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, Rendition.isName(parts[0]),
            let id = Hex.bytes(parts[1]).flatMap(ChannelID.init)
        else { throw LinkError("has a rendition that is not name:channel: \(value.prefix(40))") }
        let isTaken =
            id == channel || renditions.contains { $0.channel == id || $0.name == parts[0] }
        guard !isTaken else {
            throw LinkError("names the rendition \(parts[0]) or its channel twice")
        }
        renditions.append(Rendition(name: String(parts[0]), channel: id))
    }

    /// Whether a text looks like `host:port` with a port from 1 to 65535; an IPv6 address stands in
    /// brackets.
    public static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), isHost(text[..<colon]) else { return false }
        let digits = text[text.index(after: colon)...]
        guard digits.count <= 5, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            return false
        }
        return (1...65_535).contains(Int(digits) ?? 0)
    }

    private static func isHost(_ text: Substring) -> Bool {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value != 127 })
        else { return false }
        return !text.contains(":") || (text.hasPrefix("[") && text.hasSuffix("]"))
    }
}

/// Why a text is not a link; the text continues a sentence that begins with "the link".
public struct LinkError: Error, Sendable, Equatable {
    /// What is wrong.
    public var message: String
    init(_ message: String) { self.message = message }
}

/// Percent-encoding of RFC 3986, section 2.1.
enum PercentCoding {
    static func encode(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 128 && (scalar.properties.isAlphabetic || (48...57).contains(byte))
            if isPlain || "-._~:[]".unicodeScalars.contains(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + Hex.string([byte]).uppercased()
            }
        }
        return result
    }

    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = Hex.bytes(Substring(rest.prefix(2))), escaped.count == 1 else {
                return nil
            }
            bytes += escaped
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
