import Basics
import Paths
import Telemetry

/// Tells people when the stream stops, on whose side that is, and when it is back.
extension Peer {
    /// A stream from which nothing came for so long has stopped; the same as for `SwarmSnapshot.live`.
    private static let silenceTold = TimeSpan.seconds(2)

    mutating func judgeSilence(at now: Instant) {
        guard silentSince == nil, endBlock == nil, !isStopping, let last = lastMediaAt,
            now - last >= Peer.silenceTold
        else { return }
        silentSince = last
        report(.error, .stream, silenceText(at: now))
    }

    private func silenceText(at now: Instant) -> String {
        if isSource { return "the input brings no media any more" }
        if isCutOff(at: now) {
            return "nothing comes any more from any peer: the own connection seems to be down"
        }
        let isAlive = lastManifestAt.map { now - $0 < Peer.silenceTold } ?? false
        return isAlive
            ? "the source lives, but its input brings no media"
            : "the source sends nothing any more"
    }

    /// The stream is there again.
    mutating func noteReturn(at now: Instant) {
        guard let since = silentSince else { return }
        silentSince = nil
        report(.info, .stream, "the stream is back after \(Int((now - since).seconds)) s")
    }

    /// Whether none of the neighbours has been heard since.
    private func isCutOff(at now: Instant) -> Bool {
        active.allSatisfy { slot in
            guard let link = switchboard.links[slot] else { return true }
            return now - link.receivedAt >= Peer.silenceTold - .milliseconds(200)
        }
    }
}
