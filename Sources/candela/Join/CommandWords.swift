/// A command line cut into words, without a shell.
enum CommandWords {
    /// The words between blanks, or nil when a quote does not end.
    ///
    /// Quotes of either kind hold a word together, and a backslash takes the next character as it is.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let next = rest.popFirst() {
            switch (next, quote) {
            case ("\\", nil), ("\\", "\""?):
                guard let taken = rest.popFirst() else { return nil }
                word = (word ?? "") + String(taken)
            case (_, let open?) where next == open: quote = nil
            case ("\"", nil), ("'", nil):
                quote = next
                word = word ?? ""
            case (" ", nil), ("\t", nil), ("\n", nil):
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(next)
            }
        }
        if let word { words.append(word) }
        return quote == nil ? words : nil
    }
}
