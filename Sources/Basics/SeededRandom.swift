/// A small, fast, reproducible random number generator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
///
/// For decisions of cores and for the simulator. Key material never comes from here.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number from 0 up to, not including, 1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from 0 up to, not including, a bound; 0 when the bound is not positive.
    public mutating func below(_ bound: Int) -> Int {
        bound > 0 ? Int(next().multipliedFullWidth(by: UInt64(bound)).high) : 0
    }

    /// An independent generator, for a part that draws at its own pace.
    public mutating func split() -> SeededRandom { SeededRandom(seed: next()) }
}
