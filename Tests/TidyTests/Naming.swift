/// Words that may not be in the names of types, for each of them means too much.
enum Naming {
    private static let banned: Set<String> = [
        "Node", "Piece", "Fragment", "Packet", "Manager", "Handler", "Util", "Utils", "Utility",
        "Helper", "Info",
    ]
    private static let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol"]

    /// The badly named types of a source.
    ///
    /// What conforms to one of NIO's handlers may be called one, and what belongs to `MediaIO` may
    /// speak of packets: the words are those of the libraries there.
    static func violations(in source: String, target: String) -> [String] {
        SwiftCode(source).lines.compactMap { line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            guard let at = words.firstIndex(where: { kinds.contains($0) }), at + 1 < words.count,
                !kinds.contains(words[at + 1])
            else { return nil }
            let name = String(words[at + 1])
            let isChannelHandler = words.contains {
                $0.hasPrefix("Channel") && $0.hasSuffix("Handler")
            }
            let bad = parts(of: name).filter { part in
                banned.contains(part) && !(part == "Handler" && isChannelHandler)
                    && !(part == "Packet" && target == "MediaIO")
            }
            return bad.isEmpty ? nil : name
        }
    }

    /// The words of a name in camel case.
    static func parts(of name: String) -> [String] {
        var parts: [String] = []
        for character in name {
            if character.isUppercase || parts.isEmpty {
                parts.append(String(character))
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }
}
