import Telemetry

/// The answers of the header from where the snapshot was made: a viewer asks about itself, everybody
/// else about the viewers.
struct Vantage {
    /// The peer that made the snapshot, when it is in it.
    let own: PeerRow?
    /// The peers that play.
    let viewers: [PeerRow]
    /// Whether the own peer plays.
    let isViewer: Bool
    private let lag: Quantiles

    /// Finds the own peer.
    init(_ snapshot: SwarmSnapshot) {
        own = snapshot.own.flatMap { id in snapshot.peers.first { $0.id == id } }
        viewers = snapshot.peers.filter { $0.role == "viewer" }
        isViewer = own?.role == "viewer"
        lag = snapshot.lagMs
    }

    /// How far behind the source: oneself, or the viewers' median.
    var behind: Double? { isViewer ? own?.lagMs : lag.p50 }
    /// The worst viewer's lag; nil for a viewer, who asks about itself.
    var behindWorst: Double? { isViewer ? nil : lag.worst }
    /// The own buffer, or the least among the viewers.
    var buffer: Double? {
        isViewer ? own?.bufferMs : viewers.compactMap(\.bufferMs).filter(\.isFinite).min()
    }
    /// The playout delay that the own buffer is meant to cover; nil where there is no own buffer.
    var bufferTarget: Double? { isViewer ? own?.bufferTargetMs : nil }
    /// Chunks asked for here, or by all viewers; nil when nobody tells.
    var rescuesAsked: Int? {
        if isViewer { return own?.rescuesAsked }
        let known = viewers.compactMap(\.rescuesAsked)
        return known.isEmpty ? nil : known.reduce(0) { $0 &+ $1 }
    }
    /// Chunks rescued here, or at all viewers.
    var rescued: Int {
        if isViewer { return own?.rescued ?? 0 }
        return viewers.reduce(0) { $0 &+ ($1.rescued ?? 0) }
    }
}
