public import Basics

/// Makes a link worse on purpose, below the protocol: for demonstrations and benchmarks.
///
/// Every datagram counts, handshakes and control included.
public struct Impairment: Sendable {
    /// Share of the outgoing datagrams that are dropped, 0…1.
    public var loss: Double
    /// How long outgoing datagrams are held back.
    public var delay: TimeSpan
    private var random: SeededRandom

    /// Makes an impairment that draws from a seed.
    public init(loss: Double, delay: TimeSpan = .zero, seed: UInt64) {
        self.loss = loss
        self.delay = delay
        random = SeededRandom(seed: seed)
    }

    mutating func drops() -> Bool { loss > 0 && random.unit() < loss }
}
