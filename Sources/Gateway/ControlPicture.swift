import FoundationEssentials

/// A small picture as it passes through the control socket: only when asked for.
///
/// `{"height":108,"rgb":"…","width":192}` with three bytes for each pixel in Base64, or `null`.
public struct ControlPicture: Sendable, Equatable {
    /// How many pixels each row has.
    public let width: Int
    /// How many rows.
    public let height: Int
    /// The pixels row by row, each red, green and blue.
    public let pixels: [UInt8]

    /// The greatest side.
    private static let sideMax = 1_024

    /// Makes a picture; nil when the bytes are not three for each pixel, or there are too many.
    public init?(width: Int, height: Int, pixels: [UInt8]) {
        let sides = 1...ControlPicture.sideMax
        guard sides.contains(width), sides.contains(height), pixels.count == width * height * 3
        else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    private struct Form: Codable {
        var width: Int
        var height: Int
        var rgb: Data
    }

    static func encode(_ picture: ControlPicture?) -> [UInt8] {
        let form = picture.map {
            Form(width: $0.width, height: $0.height, rgb: Data($0.pixels))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers and Base64 can always be written.
        return (try? encoder.encode(form)).map { Array($0) } ?? Array("null".utf8)
    }

    static func decode(_ bytes: [UInt8]) throws(GatewayError) -> ControlPicture? {
        let form: Form?
        do {
            form = try JSONDecoder().decode(Form?.self, from: Data(bytes))
        } catch {
            throw GatewayError(.badReply, "The answer is not a picture: \(error)")
        }
        guard let form else { return nil }
        let pixels = Array(form.rgb)
        guard let made = ControlPicture(width: form.width, height: form.height, pixels: pixels)
        else { throw GatewayError(.badReply, "The answer is not a picture.") }
        return made
    }
}
