import FoundationEssentials
import Telemetry

/// Events as JSON lines.
enum EventJSON {
    static func line(_ event: Event) -> String { RowJSON.line(event.row) }
}

/// Parts of a snapshot as JSON lines.
enum RowJSON {
    static func line(_ row: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(row) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
