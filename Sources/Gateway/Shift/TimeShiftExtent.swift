public import Basics

/// How far back a player may start.
public struct TimeShiftExtent: Sendable, Equatable {
    /// Back from the newest media to the oldest key frame that is held now.
    public let reach: TimeSpan
    /// The most that is ever held.
    public let limit: TimeSpan

    /// One JSON object with both in seconds: `reach_s`, `limit_s`.
    var json: String {
        "{\"limit_s\":\(limit.seconds),\"reach_s\":\((reach.seconds * 1_000).rounded() / 1_000)}\n"
    }
}
