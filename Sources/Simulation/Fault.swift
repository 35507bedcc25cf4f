public import Basics

/// Something that goes wrong, or changes, at a point of the time line.
public struct Fault: Sendable {
    /// When, after the start of the run.
    public var at: TimeSpan
    /// What.
    public var action: Action

    /// What reports call it.
    public var text: String

    /// Makes an entry of the time line.
    public init(at: TimeSpan, _ action: Action, text: String = "a fault") {
        self.at = at
        self.action = action
        self.text = text
    }

    /// What may happen.
    public enum Action: Sendable {
        /// The victims vanish without goodbye.
        case crash(Victims)
        /// The victims say goodbye and go.
        case leave(Victims)
        /// The victims vanish without goodbye; their machines start a new process after a time,
        /// each within the span after it.
        case restart(Victims, after: TimeSpan, within: TimeSpan)
        /// The victims restart again and again, from now on, until a time after the start.
        case flap(Victims, every: TimeSpan, until: TimeSpan)
        /// A class of viewers comes; its join time counts from here.
        case join(ViewerClass)
        /// The victims do nothing for a time; what arrives waits in their sockets.
        case pause(Victims, TimeSpan)
        /// From now on this share of the datagrams is lost.
        case loss(Double)
        /// From now on the network is like this; places stay as they are.
        case network(NetworkModel)
        /// From now on the victims' way to the network is like this.
        case access(Victims, AccessLink)
        /// The victims' NATs forget their mappings and filters.
        case rebind(Victims)
        /// The same, and their networks get other addresses from the provider.
        case renumber(Victims)
        /// The victims and the others are cut apart in some way for a time.
        case cut(Victims, Cut, TimeSpan)
        /// The tracker vanishes.
        case crashTracker
        /// The tracker is there again, with its old key and nothing else.
        case restartTracker
        /// The source vanishes and starts again after a time, with a new epoch.
        case restartSource(TimeSpan)
    }

    /// Viewers that a fault hits; who is gone already is passed over.
    public enum Victims: Sendable, Equatable {
        /// These, by the order of joining, from 0.
        case viewers([Int])
        /// So many, drawn by the seed.
        case some(Int)
        /// A share of those that are there, drawn by the seed, 0…1.
        case share(Double)
        /// So many of those that have sent the most bytes.
        case busiest(Int)
        /// A share of those that are there, the ones that have sent the most bytes, 0…1.
        case busiestShare(Double)
        /// All in the network of one that is drawn by the seed.
        case network
    }

    /// How two groups are cut apart.
    public enum Cut: Sendable, Equatable {
        /// Nothing passes either way.
        case halves
        /// Nothing passes but by the first of the victims, who hears both sides.
        case bridge
        /// The victims are heard and hear nothing.
        case oneWay
        /// Nothing passes in every second period of this length, beginning with the first.
        case flapping(TimeSpan)
    }
}
