/// Where a peer is in a space in which distance is round-trip time, in milliseconds.
///
/// Two dimensions for the distance between networks and a height for the access link, as in
/// Vivaldi (Dabek et al., SIGCOMM 2004).
public struct Coordinate: Sendable, Equatable {
    /// The position, in milliseconds.
    public var x: Float
    /// The position, in milliseconds.
    public var y: Float
    /// What the access link adds, in milliseconds.
    public var height: Float

    /// Makes a coordinate.
    public init(x: Float, y: Float, height: Float = 0) {
        self.x = x
        self.y = y
        self.height = height
    }

    /// The round-trip time between two peers, in milliseconds.
    public func distance(to other: Coordinate) -> Float {
        let (dx, dy) = (x - other.x, y - other.y)
        return (dx * dx + dy * dy).squareRoot() + height + other.height
    }

    /// Whether all parts are numbers of a sane size; others are not heeded.
    var isUsable: Bool {
        let limit: Float = 10_000
        return abs(x) <= limit && abs(y) <= limit && height >= 0 && height <= limit
    }

    /// The place on a curve that keeps close what is close (Morton 1966), in steps of 1 ms.
    ///
    /// What one curve tears apart a shifted one keeps together (Chan, SoCG 2002); the shift is in
    /// milliseconds.
    func curvePosition(shift: Float) -> UInt32 {
        Coordinate.spread(x + shift) | Coordinate.spread(y + shift) << 1
    }

    /// The 16 bits of a number, each followed by a 0.
    private static func spread(_ value: Float) -> UInt32 {
        var bits = UInt32(min(max(0, value + 16_384), 65_535))
        bits = (bits | bits << 8) & 0x00FF_00FF
        bits = (bits | bits << 4) & 0x0F0F_0F0F
        bits = (bits | bits << 2) & 0x3333_3333
        return (bits | bits << 1) & 0x5555_5555
    }
}
