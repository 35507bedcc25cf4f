/// Words that have no place in the repository.
///
/// Each is put together from two halves, so that this file does not contain it.
enum Wording {
    /// Paths of one machine.
    ///
    /// None may follow a letter: `network/` is a word.
    private static let paths = ["/wo" + "rk/", "/ro" + "ot/"]
    /// Unfinished business, and how the project came about instead of what it is.
    private static let words = [
        "TO" + "DO", "FIX" + "ME", "Clau" + "de", "Anthr" + "opic", "Chat" + "GPT",
        "Copi" + "lot", "language mo" + "del", "sub" + "agent", "iss" + "ue #", "lorem ip" + "sum",
    ]

    /// What of it a text contains.
    static func violations(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        return (paths + words).filter { word in
            let wanted = Array(word.utf8)
            guard let first = wanted.first, bytes.count >= wanted.count else { return false }
            return (0...(bytes.count - wanted.count)).contains { start in
                guard bytes[start] == first, start == 0 || !bytes[start - 1].isWord else {
                    return false
                }
                return bytes[start..<(start + wanted.count)].elementsEqual(wanted)
            }
        }
    }
}
