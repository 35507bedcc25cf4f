/// Text and numbers as HTML wants them.
enum HTML {
    /// A text without anything that a browser takes for markup.
    static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    /// A number with so many digits after the point.
    static func number(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scale = (0..<digits).reduce(1.0) { result, _ in result * 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let whole = scaled / Int64(scale)
        let rest = String(scaled % Int64(scale))
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
    }

    /// A number as short as three significant digits allow, as for ticks.
    static func short(_ value: Double) -> String {
        let size = abs(value)
        for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e4, "k")] where size >= unit {
            let factor = name == "k" ? 1e3 : unit
            return trimmed(number(value / factor, 2)) + name
        }
        return trimmed(number(value, size >= 100 ? 0 : size >= 1 || size == 0 ? 2 : 4))
    }

    /// A number that may be unknown.
    static func number(_ value: Double?, _ digits: Int, unit: String = "") -> String {
        value.map { number($0, digits) + unit } ?? "–"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text[...]
        while text.last == "0" { text = text.dropLast() }
        if text.last == "." { text = text.dropLast() }
        return String(text)
    }
}
