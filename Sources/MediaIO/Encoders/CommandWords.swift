/// Splits a command into program and arguments, without a shell.
///
/// Words are parted by spaces; quotes of either kind keep spaces, and a backslash takes the next
/// character as it is, except in single quotes. Nothing else has a meaning: who wants pipes or
/// variables writes `sh -c '…'`.
enum CommandWords {
    /// The words of a command.
    static func split(_ text: String) throws(IngestError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else {
            throw IngestError(.badSource, "--exec: a quote or a backslash is open at the end")
        }
        if let whole = word { words.append(whole) }
        guard let program = words.first, !program.isEmpty, !text.contains("\0") else {
            throw IngestError(
                .badSource,
                "--exec: names no program; write --exec 'PROGRAM ARGUMENTS'"
            )
        }
        return words
    }
}
