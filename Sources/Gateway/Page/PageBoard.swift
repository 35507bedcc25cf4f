import Basics
import FoundationEssentials
import Telemetry

/// What the page shows beside the movie: this viewer, the swarm in a few numbers, and its map.
struct PageBoard: Sendable {
    /// The most peers on the map; a swarm of thousands is shown in part.
    static let peerMax = 120

    /// Gives the present state of the swarm.
    let snapshot: @Sendable () -> SwarmSnapshot
    /// Says in a sentence how things are.
    let why: @Sendable (SwarmSnapshot) -> String
    /// The qualities to choose from.
    var renditions: GatewayRenditions?

    /// The board as JSON, with what is known of the movie and how far back it can begin.
    func encoded(
        movie: MovieHead?,
        trouble: String?,
        _ extent: TimeShiftExtent? = nil
    ) -> [UInt8] {
        let snapshot = snapshot()
        let own = snapshot.peers.first { $0.path == "self" || $0.id == snapshot.own }
        let status = PageStatus(
            name: snapshot.name,
            live: snapshot.live,
            why: why(snapshot),
            viewers: snapshot.viewers,
            video: snapshot.video,
            bitrateBps: PageStatus.finite(snapshot.bitrateBps),
            p2pShare: PageStatus.finite(snapshot.p2pShare),
            own: own.map(PageStatus.Own.init),
            map: PageStatus.Map(snapshot, own: own?.id),
            movie: PageStatus.Movie(
                codecs: movie?.codecs,
                omitted: movie?.omitted ?? [],
                trouble: trouble
            ),
            renditions: renditions.map(PageStatus.Renditions.init),
            pastS: extent.map { ($0.reach.seconds * 10).rounded() / 10 }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Every number was checked to be finite, the only thing that can fail.
        return Array((try? encoder.encode(status)) ?? Data("{}".utf8))
    }
}

/// The board's values; unknown ones are left out.
struct PageStatus: Encodable, Sendable {
    /// This viewer.
    struct Own: Encodable, Sendable {
        var lagMs: Double?
        var bufferMs: Double?
        var continuity: Double?
        var downBps: Double?
        var upBps: Double?
        var children: Int?
        var nat: String?

        init(_ row: PeerRow) {
            lagMs = finite(row.lagMs)
            bufferMs = finite(row.bufferMs)
            continuity = finite(row.continuity)
            downBps = finite(row.downBps)
            upBps = finite(row.upBps)
            children = row.children
            nat = row.nat.map(PageStatus.natWords)
        }
    }

    /// Who feeds whom.
    struct Map: Encodable, Sendable {
        /// One peer on the map.
        struct Peer: Encodable, Sendable {
            var name: String
            var role: String
            var isOwn: Bool
            /// The places in this list of those who feed it.
            var parents: [Int]
            var lagMs: Double?
            var upBps: Double?
        }

        /// How many peers there are, shown or not.
        var total: Int
        var peers: [Peer]

        init(_ snapshot: SwarmSnapshot, own: String?) {
            total = snapshot.peers.count
            let chosen = Map.chosen(snapshot.peers, own: own)
            var places: [String: Int] = [:]
            for (place, row) in chosen.enumerated() { places[row.id] = place }
            peers = chosen.map { row in
                Peer(
                    name: row.name,
                    role: row.role,
                    isOwn: row.id == own,
                    parents: Set(row.parents.values.compactMap { places[$0] }).sorted(),
                    lagMs: finite(row.lagMs),
                    upBps: finite(row.upBps)
                )
            }
        }

        /// The source, this viewer, those beside it, then others, in the order of the snapshot.
        private static func chosen(_ rows: [PeerRow], own: String?) -> [PeerRow] {
            guard rows.count > PageBoard.peerMax else { return rows }
            let parents = Set(rows.first { $0.id == own }?.parents.values.map { $0 } ?? [])
            func rank(_ row: PeerRow) -> Int {
                if row.role == "source" || row.id == own { return 0 }
                if parents.contains(row.id) { return 1 }
                return row.parents.values.contains { $0 == own } ? 2 : 3
            }
            let ranked = rows.enumerated().sorted {
                (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
            }
            return ranked.prefix(PageBoard.peerMax).map(\.element)
        }
    }

    /// What is known of the movie.
    struct Movie: Encodable, Sendable {
        var codecs: String?
        var omitted: [String]
        var trouble: String?
    }

    /// The qualities to choose from.
    struct Renditions: Encodable, Sendable {
        var names: [String]
        var active: String
        var choice: String

        init(_ renditions: GatewayRenditions) {
            let playing = renditions.playing()
            names = renditions.names
            active = playing.active
            choice = playing.choice
        }
    }

    var name: String
    var live: Bool
    var why: String
    var viewers: Int
    var video: String?
    var bitrateBps: Double?
    var p2pShare: Double?
    var own: Own?
    var map: Map
    var movie: Movie
    var renditions: Renditions?
    /// How far back a player may start, in seconds.
    var pastS: Double?

    /// The number, unless JSON cannot express it.
    static func finite(_ number: Double?) -> Double? {
        number.flatMap { $0.isFinite ? $0 : nil }
    }

    /// A NAT type in words for people; what is not the short form of one is passed on.
    static func natWords(_ text: String) -> String {
        guard let type = NatType.allCases.first(where: { $0.description == text }) else {
            return text
        }
        return type == .open ? "Open: anybody can reach this machine." : type.plainWords
    }
}

/// Stands where `PageStatus.finite` does, for the types in it.
private func finite(_ number: Double?) -> Double? { PageStatus.finite(number) }
