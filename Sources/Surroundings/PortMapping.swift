public import Basics

/// What is known of a UDP port of ours on the home router: whether the router passes on to us what comes
/// to a port of its own.
public struct PortMapping: Sendable, Equatable {
    /// How the router was asked.
    public enum Language: String, Sendable, CaseIterable {
        /// The Port Control Protocol (RFC 6887).
        case pcp = "PCP"
        /// NAT-PMP (RFC 6886).
        case natPmp = "NAT-PMP"
        /// The Internet Gateway Device of UPnP.
        case upnp = "UPnP"
    }

    /// How things stand.
    ///
    /// ### Legal transitions:
    /// - `asking -> mapped | absent`
    /// - `mapped -> mapped | asking | removed`
    /// - `absent -> mapped | removed`
    /// - `off`, for good
    public enum State: Sendable, Equatable {
        /// Not wanted, or of no use here.
        case off(Reason)
        /// The router is being asked.
        case asking
        /// It stands.
        case mapped(Language, outside: Endpoint)
        /// The router does not do it; it is asked again from time to time.
        case absent(Reason)
        /// It was removed at our end.
        case removed
    }

    /// Why there is no mapping.
    public enum Reason: Sendable, Equatable {
        /// The user does not want one.
        case unwanted
        /// The port is reached from this machine or this network only.
        case local
        /// The machine has a public address.
        case publicAddress
        /// There is no router to ask.
        case noRouter
        /// The router speaks none of the languages.
        case silent
        /// It speaks one, and refuses: its own words.
        case refused(String)
    }

    /// How things stand.
    public var state: State

    /// Describes how things stand.
    public init(_ state: State) { self.state = state }

    /// Where we are reached from everywhere; nil without a mapping, or when the router itself stands
    /// behind another NAT.
    public var outside: Endpoint? {
        guard case .mapped(_, let outside) = state, !outside.isPrivate else { return nil }
        return outside
    }

    /// Whether the first answer is known.
    public var isSettled: Bool { state != .asking }

    /// The state in one word, for programs.
    public var word: String {
        switch state {
        case .off: "off"
        case .asking: "asking"
        case .mapped: "mapped"
        case .absent: "absent"
        case .removed: "removed"
        }
    }

    /// One sentence for people, without the full stop.
    public var sentence: String {
        switch state {
        case .off(let reason): "no port mapping: \(reason.words)"
        case .asking: "the router is asked for a port mapping"
        case .mapped(let language, let outside):
            outside.isPrivate
                ? "the router maps \(outside) to us (\(language.rawValue)), but stands behind another NAT"
                : "the router maps \(outside) to us (\(language.rawValue))"
        case .absent(let reason): "no port mapping: \(reason.words)"
        case .removed: "the port mapping is removed"
        }
    }
}

extension PortMapping.Reason {
    /// Half a sentence for people.
    public var words: String {
        switch self {
        case .unwanted: "it was not wanted"
        case .local: "the swarm is on this network"
        case .publicAddress: "this machine has a public address"
        case .noRouter: "no router leads to the internet"
        case .silent: "the router answers neither PCP, NAT-PMP nor UPnP"
        case .refused(let words): "the router refuses (\(words))"
        }
    }
}
