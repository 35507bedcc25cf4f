/// The newest blocks of the stream as a peer holds them, one place per block, oldest first.
public struct ChunkMapRow: Codable, Sendable, Equatable {
    /// What became of a block.
    public enum Place: Character, Sendable, CaseIterable {
        /// All its source chunks are here, none had to be asked for.
        case held = "#"
        /// All its source chunks are here, and at least one had to be asked for.
        case rescued = "!"
        /// Some chunks are here; the others are pushed or asked for and not overdue.
        case inFlight = "="
        /// Chunks are missing and nobody is known to send them.
        case missing = "."
        /// It was given up.
        case lost = "x"
    }

    /// The number of the first place's block.
    public var first: Int
    /// The newest block that the source is known to have published; at least the last place's.
    @OrNull public var newest: Int?
    /// The block in which the playout point stands.
    @OrNull public var playout: Int?
    /// One character of `Place` per block; others count as missing.
    public var places: String

    /// Makes a map.
    public init(first: Int, places: String, newest: Int? = nil, playout: Int? = nil) {
        self.first = first
        self.places = places
        self.newest = newest
        self.playout = playout
    }
}
