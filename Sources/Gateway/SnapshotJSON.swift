import FoundationEssentials
public import Telemetry

/// A swarm snapshot as JSON: one line, keys in alphabetical order.
public enum SnapshotJSON {
    /// Stands for a number that JSON cannot express, until it becomes `null`.
    private static let mark = "\u{1}not a number\u{1}"

    /// The snapshot as one line without the line feed.
    ///
    /// Numbers that JSON cannot express (infinities and NaN) become `null`, unknown.
    public static func encode(_ snapshot: SwarmSnapshot) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if let data = try? encoder.encode(snapshot) { return Array(data) }
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: mark,
            negativeInfinity: mark,
            nan: mark
        )
        // All that can fail is a number, and those are covered now.
        guard let data = try? encoder.encode(snapshot) else { return Array("{}".utf8) }
        return nullingMarks(Array(data))
    }

    /// Reads what `encode` wrote.
    ///
    /// - Throws: `badReply` when it is not a snapshot.
    public static func decode(_ bytes: [UInt8]) throws(GatewayError) -> SwarmSnapshot {
        do {
            return try JSONDecoder().decode(SwarmSnapshot.self, from: Data(bytes))
        } catch {
            throw GatewayError(.badReply, "The answer is not a snapshot: \(error)")
        }
    }

    /// Replaces every string that is the mark by `null`.
    private static func nullingMarks(_ json: [UInt8]) -> [UInt8] {
        let text = String(decoding: json, as: UTF8.self)
        let written = "\"\\u0001not a number\\u0001\""
        return Array(
            text.split(separator: written, omittingEmptySubsequences: false)
                .joined(separator: "null").utf8
        )
    }
}
