public import Basics

/// Something that goes wrong, or changes, at a point of the time line.
public struct Fault: Sendable {
    /// When, after the start of the run.
    public var at: TimeSpan
    /// What.
    public var action: Action

    /// Makes an entry of the time line.
    public init(at: TimeSpan, _ action: Action) {
        self.at = at
        self.action = action
    }

    /// What may happen.
    public enum Action: Sendable {
        /// The victims vanish without goodbye.
        case crash(Victims)
        /// The victims say goodbye and go.
        case leave(Victims)
        /// A class of viewers comes; its join time counts from here.
        case join(ViewerClass)
        /// The victims do nothing for a time; what arrives waits in their sockets.
        case pause(Victims, TimeSpan)
        /// From now on this share of the datagrams is lost.
        case loss(Double)
        /// The victims hear only each other for a time.
        case partition(Victims, TimeSpan)
        /// The tracker vanishes.
        case crashTracker
        /// The tracker is there again, with its old key and nothing else.
        case restartTracker
        /// The source vanishes and starts again after a time, with a new epoch.
        case restartSource(TimeSpan)
    }

    /// Viewers that a fault hits; who is gone already is passed over.
    public enum Victims: Sendable {
        /// These, by the order of joining, from 0.
        case viewers([Int])
        /// So many, drawn by the seed.
        case some(Int)
        /// So many of those that have sent the most bytes.
        case busiest(Int)
    }
}
