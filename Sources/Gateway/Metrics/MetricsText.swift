/// Measures in the text format of Prometheus, version 0.0.4.
struct MetricsText {
    /// The media type of the format.
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    /// How a measure behaves.
    enum Kind: String {
        /// Goes up and down.
        case gauge
        /// Only goes up, until the process starts anew.
        case counter
    }

    /// One value with its labels, in order; nil when unknown, and then not written.
    struct Sample {
        var labels: [(name: String, value: String)] = []
        var value: Double?

        init(_ value: Double?, _ labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }

        init(_ value: Int?, _ labels: [(name: String, value: String)] = []) {
            self.init(value.map(Double.init), labels)
        }
    }

    /// What was written so far.
    private(set) var text = ""

    /// Writes a family of samples; nothing when none of them is known.
    mutating func write(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        let known = samples.compactMap { sample in
            sample.value.flatMap { $0.isNaN ? nil : (labels: sample.labels, value: $0) }
        }
        guard !known.isEmpty else { return }
        text += "# HELP \(name) \(MetricsText.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
        for sample in known {
            let labels = sample.labels.map {
                "\($0.name)=\"\(MetricsText.escaped($0.value, quotes: true))\""
            }
            text += name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
            text += " \(MetricsText.number(sample.value))\n"
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value.rounded() == value, abs(value) < 1e15 { return String(Int(value)) }
        return String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
