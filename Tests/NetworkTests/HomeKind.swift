/// What stands between a viewer and the internet: the kinds of which every pair must get along.
enum HomeKind: String, CaseIterable, Sendable {
    case open, full, restricted, portRestricted, contiguous, symmetric, scattered
    /// A router behind a carrier's, both port-restricted.
    case double
    /// A router that maps a port when it is asked.
    case mapped

    /// Whether only those get in, from exactly where, that were sent to.
    private var isStrict: Bool {
        switch self {
        case .portRestricted, .contiguous, .symmetric, .scattered, .double: true
        case .open, .full, .restricted, .mapped: false
        }
    }

    /// Whether viewers behind the two can meet: a new port, at random, for each remote meets nobody whose
    /// filter looks at ports.
    func meets(_ other: HomeKind) -> Bool {
        !(isStrict && other.isStrict && [self, other].contains(.symmetric))
    }

    /// Whether its next port must be foretold, which fails now and then.
    var isForetold: Bool { self == .contiguous }

    /// Makes such a home in a lab; nil when what it needs does not start.
    func make(in lab: Lab) async -> Lab.Home? {
        switch self {
        case .open: return lab.home(.none)
        case .full: return lab.home(.full)
        case .restricted: return lab.home(.restricted)
        case .portRestricted: return lab.home(.portRestricted)
        case .contiguous: return lab.home(.contiguous)
        case .symmetric: return lab.home(.symmetric)
        case .scattered: return lab.home(.scattered)
        case .double: return lab.home(.portRestricted, behind: .portRestricted)
        case .mapped:
            let home = lab.home(.portRestricted)
            guard let daemon = UPnPDaemon(lab, home) else { return nil }
            return await daemon.isReady() ? home : nil
        }
    }
}
