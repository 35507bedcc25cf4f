/// Finds how long the functions of a source are.
struct FunctionLengths {
    /// One function, initialiser, subscript or computed property with its body.
    struct Function: Equatable {
        /// The line of its keyword.
        let line: Int
        /// How many lines it has, from the keyword to the closing brace.
        let length: Int
    }

    private let code: SwiftCode
    private static let keywords: Set<String> = ["func", "init", "deinit", "subscript", "var"]
    /// Words that begin another declaration, so that the one before had no body.
    private static let beginnings: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum",
        "protocol", "extension", "actor", "typealias", "associatedtype", "import", "public",
        "private", "internal", "fileprivate", "package", "static", "mutating", "override", "final",
        "nonisolated",
    ]

    /// Looks at a source.
    init(_ source: String) { code = SwiftCode(source) }

    /// All functions with a body, in order.
    func all() -> [Function] {
        var functions: [Function] = []
        var index = 0
        while index < code.bytes.count {
            guard code.bytes[index].isWord else {
                index += 1
                continue
            }
            let start = index
            while index < code.bytes.count, code.bytes[index].isWord { index += 1 }
            if let function = function(from: start, to: index) { functions.append(function) }
        }
        return functions
    }

    private func function(from start: Int, to end: Int) -> Function? {
        let word = text(start, end)
        guard FunctionLengths.keywords.contains(word), !isMember(start),
            let open = word == "var" ? accessors(after: end) : body(after: end, of: word),
            let close = code.closing(open)
        else { return nil }
        let line = code.line(at: start)
        return Function(line: line, length: code.line(at: close) - line + 1)
    }

    /// Whether a word is the name of a member, as in `self.init(…)`, or escaped.
    private func isMember(_ start: Int) -> Bool {
        guard start > 0 else { return false }
        return [UInt8(ascii: "."), UInt8(ascii: "`"), UInt8(ascii: "#")]
            .contains(code.bytes[start - 1])
    }

    /// The brace that opens the body of a function; nil for one without, as in a protocol.
    private func body(after end: Int, of word: String) -> Int? {
        var index = skipSpaces(end)
        if word == "init" || word == "subscript" {
            guard index < code.bytes.count, "(<?!".utf8.contains(code.bytes[index]) else {
                return nil
            }
        }
        var isFirstWord = word == "func"
        while index < code.bytes.count {
            switch code.bytes[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["):
                guard let close = code.closing(index) else { return nil }
                index = close + 1
            case UInt8(ascii: "{"): return index
            case UInt8(ascii: "}"), UInt8(ascii: ";"): return nil
            case let byte where byte.isWord:
                let start = index
                while index < code.bytes.count, code.bytes[index].isWord { index += 1 }
                let found = text(start, index)
                if !isFirstWord, FunctionLengths.beginnings.contains(found) { return nil }
                isFirstWord = false
            default: index += 1
            }
        }
        return nil
    }

    /// The brace of a computed property: in its declaration's line, with no value before it.
    private func accessors(after end: Int) -> Int? {
        var index = end
        while index < code.bytes.count {
            switch code.bytes[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["):
                guard let close = code.closing(index) else { return nil }
                index = close + 1
            case UInt8(ascii: "{"): return index
            case UInt8(ascii: "\n"), UInt8(ascii: "="), UInt8(ascii: "}"), UInt8(ascii: ";"):
                return nil
            default: index += 1
            }
        }
        return nil
    }

    private func skipSpaces(_ start: Int) -> Int {
        var index = start
        while index < code.bytes.count, code.bytes[index].isSpace { index += 1 }
        return index
    }

    private func text(_ start: Int, _ end: Int) -> String {
        String(decoding: code.bytes[start..<end], as: UTF8.self)
    }
}
