import Wire

/// The folders under which the channels of one node are.
enum ChannelFolders {
    /// The most characters of a folder that comes from a name.
    private static let lengthMax = 32

    /// One folder per link, in order: the channel's name in plain letters, else its identifier,
    /// numbered where two would be the same.
    static func names(for links: [ChannelLink]) -> [String] {
        var taken: Set<String> = []
        return links.map { link in
            let plain = plain(link.name)
            let base = plain.isEmpty ? String("\(link.channel)".prefix(8)) : plain
            var name = base
            var number = 2
            while !taken.insert(name).inserted {
                name = "\(base)-\(number)"
                number += 1
            }
            return name
        }
    }

    /// Letters and digits of ASCII in lower case, one hyphen for everything between them.
    private static func plain(_ name: String) -> String {
        let words = name.lowercased().utf8.split { byte in
            !((0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte))
        }
        let text = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
        let short = text.prefix(lengthMax)
        return String(short.hasSuffix("-") ? short.dropLast() : short)
    }
}
