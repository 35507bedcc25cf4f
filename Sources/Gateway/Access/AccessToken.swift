/// A secret in the path, without which nothing is served: `http://host:8090/TOKEN/live.ts`.
///
/// It stands in the path and not in a header because players, televisions and playlists carry
/// nothing else along.
public struct AccessToken: Sendable, Equatable {
    /// The least characters of a token.
    public static let lengthMin = 8
    /// The most characters of a token.
    public static let lengthMax = 128

    /// The characters of the token.
    public let text: String

    /// Takes a token that the user chose.
    ///
    /// - Throws: `badAddress` when it is too short to keep anybody out, too long, or holds
    ///   characters that would have to be escaped in a path.
    public init(_ text: String) throws(GatewayError) {
        guard (AccessToken.lengthMin...AccessToken.lengthMax).contains(text.utf8.count),
            text.utf8.allSatisfy(AccessToken.isPlain), text.contains(where: { $0 != "." })
        else {
            throw GatewayError(
                .badAddress,
                "A token has \(AccessToken.lengthMin) to \(AccessToken.lengthMax) characters out of"
                    + " A-Z, a-z, 0-9, - . _ ~; 'random' makes a good one."
            )
        }
        self.text = text
    }

    /// A token of 128 random bits.
    public static func random() -> AccessToken {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<2).map { _ in
            let number = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - number.count) + number
        }
        return AccessToken(trusted: digits.joined())
    }

    private init(trusted text: String) { self.text = text }

    /// The target behind the token; nil when the target does not begin with it.
    ///
    /// Takes as long for a token that is almost right as for one that is wrong from the start, so
    /// that it cannot be guessed character by character.
    func strip(_ target: String) -> String? {
        let own = Array(text.utf8)
        let bytes = Array(target.utf8)
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        let given = bytes.dropFirst().prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        var difference = own.count ^ given.count
        for (index, byte) in own.enumerated() {
            let other = index < given.count ? given[given.startIndex + index] : 0
            difference |= Int(byte ^ other)
        }
        guard difference == 0 else { return nil }
        // Without the slash relative links would lead out of the folder.
        let rest = bytes[given.endIndex...]
        return rest.first == UInt8(ascii: "/") ? String(decoding: rest, as: UTF8.self) : nil
    }

    /// Whether a byte is an unreserved character (RFC 3986 section 2.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
    }
}
