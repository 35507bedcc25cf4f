/// Which moment of the swarm's history the screen shows.
///
/// ### Legal transitions
/// - `live -> held` when the user freezes the screen or steps back;
/// - `held -> held` when the user steps, or when what was held is forgotten;
/// - `held -> live` when the user lets go or steps beyond the newest moment.
public enum Moment: Sendable, Equatable {
    /// The newest, whatever comes.
    case live
    /// The one of this number, while newer ones are collected.
    case held(Int)
}
