/// What is wrong with a recording, and in which line.
public struct RecordingError: Error, Equatable, CustomStringConvertible {
    /// The line from 1; 0 for the file as a whole.
    public let line: Int
    /// What is wrong, in words.
    public let reason: String

    /// Makes an error.
    init(line: Int, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    /// The line and what is wrong with it.
    public var description: String { line > 0 ? "line \(line): \(reason)" : reason }

    /// A decoder's complaint as people understand it.
    static func words(for error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(place(context.codingPath))\(key.stringValue) is missing"
        case .typeMismatch(let type, let context):
            "\(place(context.codingPath, isWhole: true)) is not \(named(type))"
        case .valueNotFound(let type, let context):
            "\(place(context.codingPath, isWhole: true)) is null instead of \(named(type))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "not JSON" : "\(place(context.codingPath, isWhole: true)) has no meaning here"
        @unknown default: "not JSON"
        }
    }

    private static func place(_ path: [any CodingKey], isWhole: Bool = false) -> String {
        let parts = path.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }
        let text = String(parts.joined().drop { $0 == "." })
        if isWhole { return text.isEmpty ? "it" : text }
        return text.isEmpty ? "" : text + "."
    }

    private static func named(_ type: Any.Type) -> String {
        switch type {
        case is Double.Type, is Int.Type: "a number"
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        default: "what belongs there"
        }
    }
}
