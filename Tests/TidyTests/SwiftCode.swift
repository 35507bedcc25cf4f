/// Swift source with the contents of comments and strings blanked out, line for line.
///
/// Searching it finds code only. What stands in an interpolation is code.
struct SwiftCode {
    /// The remaining text; as many bytes and lines as the source.
    let bytes: [UInt8]

    /// Blanks a source.
    init(_ source: String) {
        var blanker = Blanker(Array(source.utf8))
        bytes = blanker.blanked()
    }

    /// The remaining text by lines.
    var lines: [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The number of the line, from 1, that a byte is in.
    func line(at index: Int) -> Int {
        1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
    }

    /// Where a text occurs; its ends must not cut through a word.
    func occurrences(of text: String) -> [Int] {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, let last = wanted.last, bytes.count >= wanted.count else {
            return []
        }
        return (0...(bytes.count - wanted.count)).filter { start in
            let end = start + wanted.count
            guard bytes[start] == first, bytes[start..<end].elementsEqual(wanted) else {
                return false
            }
            let cutsBefore = start > 0 && first.isWord && bytes[start - 1].isWord
            let cutsAfter = end < bytes.count && last.isWord && bytes[end].isWord
            return !cutsBefore && !cutsAfter
        }
    }

    /// The index of the bracket that closes the one at an index; nil when it stays open.
    func closing(_ index: Int) -> Int? {
        var depth = 0
        for at in index..<bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return at }
            default: break
            }
        }
        return nil
    }
}

extension UInt8 {
    /// Whether the byte can be part of an identifier.
    var isWord: Bool {
        (0x61...0x7A).contains(self) || (0x41...0x5A).contains(self)
            || (0x30...0x39).contains(self) || self == 0x5F || self >= 0x80
    }
    /// Whether the byte is a space, a tab or the end of a line.
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

/// The automaton behind `SwiftCode`.
private struct Blanker {
    private enum Context {
        /// Code; in an interpolation until its parenthesis closes.
        case code(depth: Int)
        /// A string with its number signs and quotes.
        case string(signs: Int, quotes: Int)
    }

    private let source: [UInt8]
    private var output: [UInt8]
    private var index = 0
    private var contexts: [Context] = [.code(depth: 0)]

    init(_ source: [UInt8]) {
        self.source = source
        output = source
    }

    mutating func blanked() -> [UInt8] {
        while index < source.count {
            switch contexts.last ?? .code(depth: 0) {
            case .code(let depth): readCode(depth)
            case .string(let signs, let quotes): readString(signs, quotes)
            }
        }
        return output
    }

    private mutating func readCode(_ depth: Int) {
        if matches("//") {
            while index < source.count, source[index] != UInt8(ascii: "\n") { blank() }
        } else if matches("/*") {
            readBlockComment()
        } else if let opening = openingOfString() {
            contexts.append(.string(signs: opening.signs, quotes: opening.quotes))
            index += opening.signs + opening.quotes
        } else {
            readBracket(depth)
            index += 1
        }
    }

    private mutating func readBracket(_ depth: Int) {
        guard contexts.count > 1 else { return }
        if source[index] == UInt8(ascii: "(") {
            contexts[contexts.count - 1] = .code(depth: depth + 1)
        } else if source[index] == UInt8(ascii: ")") {
            contexts[contexts.count - 1] = .code(depth: depth - 1)
            if depth == 1 { contexts.removeLast() }
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if matches("/*") {
                depth += 1
                blank()
            } else if matches("*/") {
                depth -= 1
                blank()
            }
            blank()
        } while depth > 0 && index < source.count
    }

    private mutating func readString(_ signs: Int, _ quotes: Int) {
        let escape = "\\" + String(repeating: "#", count: signs)
        let end =
            String(repeating: "\"", count: quotes) + String(repeating: "#", count: signs)
        if matches(end) {
            index += end.utf8.count
            contexts.removeLast()
        } else if matches(escape + "(") {
            for _ in 0...signs { blank() }
            index += 1
            contexts.append(.code(depth: 1))
        } else if matches(escape) {
            for _ in 0...(signs + 1) { blank() }
        } else if quotes == 1, source[index] == UInt8(ascii: "\n") {
            contexts.removeLast()
        } else {
            blank()
        }
    }

    private func openingOfString() -> (signs: Int, quotes: Int)? {
        var at = index
        while at < source.count, source[at] == UInt8(ascii: "#") { at += 1 }
        guard at < source.count, source[at] == UInt8(ascii: "\"") else { return nil }
        let triple =
            at + 2 < source.count && source[at + 1] == source[at]
            && source[at + 2] == source[at]
        return (at - index, triple ? 3 : 1)
    }

    private func matches(_ text: String) -> Bool {
        source[index...].starts(with: text.utf8)
    }

    private mutating func blank() {
        guard index < source.count else { return }
        if source[index] != UInt8(ascii: "\n") { output[index] = UInt8(ascii: " ") }
        index += 1
    }
}
