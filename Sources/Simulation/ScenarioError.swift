/// Why a scenario is refused: where, which key, and what is wrong with it.
public struct ScenarioError: Error, Equatable, CustomStringConvertible {
    /// The file, or what the scenario is called.
    public var file: String
    /// The line, from 1; 0 for what concerns the whole, or was set from outside.
    public var line: Int
    /// The key or the statement; empty when there is none.
    public var key: String
    /// What is wrong, in one sentence without a full stop.
    public var message: String

    /// `file:line: key: message`, without what is missing.
    public var description: String {
        let place = line > 0 ? "\(file):\(line)" : file
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}

/// What is wrong with a value, before it is known where it stands.
struct ScenarioProblem: Error {
    var message: String

    init(_ message: String) { self.message = message }

    /// A word that is none of those that are known; names the nearest one.
    init(_ kind: String, _ word: some StringProtocol, of known: [String]) {
        let nearest = Nearest.word(to: String(word), of: known)
        let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
        message = "'\(word)' is no \(kind)\(hint)"
    }
}

/// The nearest word by edit distance (Levenshtein, 1966).
enum Nearest {
    /// The nearest of some words, the first of equals; nil when there are none.
    static func word(to text: String, of words: [String]) -> String? {
        // Nobody mistypes that much; it bounds the work.
        let text = Array(text.utf8.prefix(80))
        return words.map { (distance(text, Array($0.utf8)), $0) }.min { $0 < $1 }?.1
    }

    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (at, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = at + 1
            for other in right.indices {
                let change = diagonal + (byte == right[other] ? 0 : 1)
                diagonal = row[other + 1]
                row[other + 1] = min(change, min(row[other], row[other + 1]) + 1)
            }
        }
        return row[right.count]
    }
}
