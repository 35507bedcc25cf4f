public import Telemetry

/// Whether the swarm that is watched can be seen.
public enum Contact: Sendable, Equatable {
    /// No snapshot has come yet.
    case waiting
    /// Snapshots come.
    case present
    /// None has come for so many seconds; the last one is shown.
    case lost(Double)
    /// A recording is played, and this is where it stands, in seconds from its beginning.
    case replayed(at: Double, of: Double)
}

/// Everything that a screen shows, beside what the user chose.
public struct Scene: Sendable {
    /// The moment shown; nil before the first snapshot.
    public var snapshot: SwarmSnapshot?
    /// The moments up to the one shown, and newer ones.
    public var history: History
    /// The place of the moment shown among the entries of the history.
    var place: Int
    /// Whether the swarm can be seen.
    public var contact: Contact
    /// The time of day in seconds since 1970; nil where there is no clock.
    public var clock: Double?
    /// The picture that plays now.
    public var picture: Picture?

    /// A scene of one snapshot without a past.
    public init(_ snapshot: SwarmSnapshot?) {
        self.snapshot = snapshot
        history = History()
        if let snapshot { history.append(snapshot, at: snapshot.madeAt ?? 0) }
        place = 0
        contact = snapshot == nil ? .waiting : .present
    }

    /// The scene of a moment of a history.
    public init(_ history: History, _ moment: Moment = .live, contact: Contact? = nil) {
        self.history = history
        switch moment {
        case .live: place = max(0, history.count - 1)
        case .held(let number): place = history.index(of: number)
        }
        snapshot = history.entries.isEmpty ? nil : history.entries[place].snapshot
        self.contact = contact ?? (snapshot == nil ? .waiting : .present)
    }

    /// The moment shown, or an empty swarm.
    var shown: SwarmSnapshot { snapshot ?? SwarmSnapshot() }

    /// When the moment shown was.
    var time: Double? {
        history.entries.indices.contains(place) ? history.entries[place].time : nil
    }

    /// How many seconds before the newest moment it was.
    var age: Double {
        guard let time, let newest = history.newest?.time else { return 0 }
        return max(0, newest - time)
    }

    /// The moments of the last seconds before the one shown, that one included.
    func window(_ seconds: Double) -> ArraySlice<History.Entry> {
        history.window(endingAt: place, seconds: seconds)
    }
}
