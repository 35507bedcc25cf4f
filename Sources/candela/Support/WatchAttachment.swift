import Dashboard
import Synchronization
import Telemetry

/// What `watch` holds on to: a source that may go away and come back.
///
/// A process that was found in the state directory comes back under another number: where it does not
/// answer, another one of the same kind takes its place.
final class WatchAttachment: Sendable {
    /// Where to look for the one that comes back; nil for a source that the user named.
    private let state: StateDirectory?
    private let current: Mutex<WatchSource>

    /// Holds on to a source that was found, or to one that the user named.
    init(_ source: WatchSource, foundIn state: StateDirectory?) {
        self.state = state
        current = Mutex(source)
    }

    /// What is watched now.
    var source: WatchSource { current.withLock { $0 } }

    /// Asks for the present snapshot; blocks for a few seconds at most.
    func snapshot() throws(CommandFailure) -> SwarmSnapshot {
        let known = source
        do {
            return try known.snapshot()
        } catch {
            guard let state, let next = known.successor(in: state) else { throw error }
            let fresh = try next.snapshot()
            current.withLock { $0 = next }
            return fresh
        }
    }

    /// Asks for the picture; blocks for a few seconds at most.
    func picture() -> Picture? { source.picture() }
}

extension WatchSource {
    /// The socket of a process of the same kind that answers, when this one is gone.
    fileprivate func successor(in state: StateDirectory) -> WatchSource? {
        guard case .socket(let path) = self else { return nil }
        let kind = WatchSource.kind(of: path)
        let other = state.sockets().first { other in
            other != path && WatchSource.kind(of: other) == kind
                && WatchSource.socket(other).answers
        }
        return other.map { .socket($0) }
    }

    private var answers: Bool { (try? snapshot()) != nil }

    /// `join` of `…/join-4711.sock`, `join-2` of `…/join-2-4711.sock`.
    static func kind(of path: String) -> Substring {
        let name = path.split(separator: "/").last ?? ""
        return name.lastIndex(of: "-").map { name[..<$0] } ?? name
    }
}
