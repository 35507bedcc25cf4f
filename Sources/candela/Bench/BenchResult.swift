/// What a benchmark found: named values in the order in which they are printed.
struct BenchResult {
    /// One value; nil is unknown and printed as `null` or as a dash.
    enum Value {
        case text(String?)
        case count(Int?)
        case number(Double?)
        case flag(Bool?)
        case object(BenchResult)
        case list([BenchResult])
    }

    private var entries: [(key: String, value: Value)] = []

    /// Begins with the benchmark's name, or without for a part of a result.
    init(_ bench: String? = nil) {
        if let bench { self["bench"] = .text(bench) }
    }

    /// Adds a value under a new name; reading is not needed.
    subscript(key: String) -> Value {
        get { entries.first { $0.key == key }?.value ?? .text(nil) }
        set {
            entries.removeAll { $0.key == key }
            entries.append((key, newValue))
        }
    }

    /// One JSON object on one line.
    var json: String {
        let members = entries.map { "\(BenchResult.quoted($0.key)):\(BenchResult.json($0.value))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A line per value, for people.
    var lines: [String] {
        entries.flatMap { key, value -> [String] in
            let title = key + String(repeating: " ", count: max(1, 26 - key.count))
            switch value {
            case .list(let rows): return rows.map { "  " + $0.inline }
            case .object(let part): return [title + part.inline]
            case .text, .count, .number, .flag: return [title + BenchResult.plain(value)]
            }
        }
    }

    private var inline: String {
        entries.map { "\($0.key) \(BenchResult.plain($0.value))" }.joined(separator: "  ")
    }

    private static func plain(_ value: Value) -> String {
        switch value {
        case .text(let text): text ?? "–"
        case .count(let count): count.map(String.init) ?? "–"
        case .number(let number): rounded(number) ?? "–"
        case .flag(let flag): flag.map { $0 ? "yes" : "no" } ?? "–"
        case .object(let part): "(\(part.inline))"
        case .list(let rows): rows.map { "(\($0.inline))" }.joined(separator: " ")
        }
    }

    private static func json(_ value: Value) -> String {
        switch value {
        case .text(let text): text.map(quoted) ?? "null"
        case .count(let count): count.map(String.init) ?? "null"
        case .number(let number): rounded(number) ?? "null"
        case .flag(let flag): flag.map(String.init) ?? "null"
        case .object(let part): part.json
        case .list(let rows): "[" + rows.map(\.json).joined(separator: ",") + "]"
        }
    }

    /// Five decimals for shares, one for everything from 100 on; nil for what is no number.
    private static func rounded(_ number: Double?) -> String? {
        guard let number, number.isFinite else { return nil }
        let factor = abs(number) < 2 ? 1e5 : abs(number) < 100 ? 1e3 : 10
        return String((number * factor).rounded() / factor)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
