/// The way of one chunk that push did not bring: noticed, asked for, come or not.
public struct RescueTraceRow: Codable, Sendable, Equatable {
    /// How a rescue stands or ended.
    public enum Outcome: String, Codable, Sendable, CaseIterable {
        /// It was asked for and has not come.
        case waiting
        /// It came before its deadline.
        case came
        /// It was computed from others of its block before its deadline.
        case decoded
        /// It came after its deadline.
        case late
        /// It was given up.
        case lost
    }

    /// When it was found missing: the same clock as events.
    public var t: Double
    /// The number of its block.
    public var block: Int
    /// Its index in the block.
    public var index: Int
    /// Milliseconds from then to its deadline.
    @OrNull public var deadlineMs: Double?
    /// Who was asked, in order; the first twelve.
    public var asks: [RescueAskRow] = []
    /// Milliseconds from then to its coming.
    @OrNull public var arrivedMs: Double?
    /// The identifier of who brought it.
    @OrNull public var from: String?
    /// How it stands.
    public var outcome: Outcome

    /// Makes a trace of a chunk that was just found missing.
    public init(t: Double, block: Int, index: Int, outcome: Outcome = .waiting) {
        self.t = t
        self.block = block
        self.index = index
        self.outcome = outcome
    }

    /// Milliseconds to spare when it came, below 0 when it came too late; nil while it has not.
    public var marginMs: Double? {
        guard let deadlineMs, let arrivedMs else { return nil }
        return deadlineMs - arrivedMs
    }

    enum CodingKeys: String, CodingKey {
        case t, block, index, asks, from, outcome
        case deadlineMs = "deadline_ms"
        case arrivedMs = "arrived_ms"
    }
}

/// One request for a missing chunk.
public struct RescueAskRow: Codable, Sendable, Equatable {
    /// Milliseconds after the chunk was found missing.
    public var afterMs: Double
    /// The identifier of the peer that was asked.
    public var peer: String
    /// What it is to the asker: `parent`, `partner`, `source` or `rescuer`.
    public var role: String

    /// Makes a request.
    public init(afterMs: Double, peer: String, role: String) {
        self.afterMs = afterMs
        self.peer = peer
        self.role = role
    }

    enum CodingKeys: String, CodingKey {
        case peer, role
        case afterMs = "after_ms"
    }
}
