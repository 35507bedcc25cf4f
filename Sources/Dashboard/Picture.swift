/// A small picture in 24-bit colour.
public struct Picture: Sendable, Equatable {
    /// How many pixels each row has.
    public let width: Int
    /// How many rows.
    public let height: Int
    /// The pixels row by row, each red, green and blue.
    public let pixels: [UInt8]

    /// The greatest picture: more pixels than a terminal has cells.
    public static let sideMax = 1_024

    /// Makes a picture; nil when the bytes are not three for each pixel, or there are too many.
    public init?(width: Int, height: Int, pixels: [UInt8]) {
        guard (1...Picture.sideMax).contains(width), (1...Picture.sideMax).contains(height),
            pixels.count == width * height * 3
        else { return nil }
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// The mean colour of the pixels under a part of the picture, 0xRRGGBB.
    func mean(x: Range<Int>, y: Range<Int>) -> UInt32 {
        var sums = (0, 0, 0)
        var count = 0
        for row in y.clamped(to: 0..<height) {
            for column in x.clamped(to: 0..<width) {
                let at = (row * width + column) * 3
                sums.0 += Int(pixels[at])
                sums.1 += Int(pixels[at + 1])
                sums.2 += Int(pixels[at + 2])
                count += 1
            }
        }
        guard count > 0 else { return 0 }
        return UInt32(sums.0 / count) << 16 | UInt32(sums.1 / count) << 8
            | UInt32(sums.2 / count)
    }

    /// The place of a colour on the scale from black to white, 0…1, as the eye weighs it (BT.709).
    static func brightness(_ colour: UInt32) -> Double {
        let red = Double(colour >> 16 & 0xFF)
        let green = Double(colour >> 8 & 0xFF)
        let blue = Double(colour & 0xFF)
        return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    }

    /// The nearest of the 256 colours of xterm: the cube of 6×6×6 or the 24 greys.
    static func indexed(_ colour: UInt32) -> Int32 {
        let channels = [colour >> 16, colour >> 8, colour].map { Int($0 & 0xFF) }
        let steps = [0, 95, 135, 175, 215, 255]
        func nearest(_ value: Int) -> Int {
            steps.indices.min { abs(steps[$0] - value) < abs(steps[$1] - value) } ?? 0
        }
        let cube = channels.map(nearest)
        let mean = channels.reduce(0, +) / 3
        let grey = min(23, max(0, (mean - 3) / 10))
        func distance(_ other: [Int]) -> Int {
            zip(channels, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        let isGrey =
            distance([Int](repeating: 8 + 10 * grey, count: 3)) < distance(cube.map { steps[$0] })
        return Int32(isGrey ? 232 + grey : 16 + 36 * cube[0] + 6 * cube[1] + cube[2])
    }
}
