import Basics

/// The path and the query of a request, as they were sent.
///
/// Paths are compared byte for byte with the few that exist, so nothing is decoded or normalised:
/// whatever is spelled differently does not exist.
struct RequestTarget: Equatable {
    /// What stands before the question mark.
    let path: String
    /// The names and values of the query, in order.
    let query: [(name: Substring, value: Substring)]

    init(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts.first ?? "")
        query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (sides[0], sides.count > 1 ? sides[1] : "")
        }
    }

    static func == (left: RequestTarget, right: RequestTarget) -> Bool {
        left.path == right.path && left.query.elementsEqual(right.query, by: ==)
    }
}

/// The query of a live stream.
enum LiveQuery {
    /// How far back a player starts when it does not say.
    static let burstDefault = TimeSpan.seconds(2)
    /// The most that a player may ask for, in seconds.
    static let burstMax = 60.0
    /// What a client is told that asks for something else.
    static let help = "burst is a number of seconds from 0 to 60.\n"

    /// How old the key frame to start at should be; nil when the query asks for nonsense.
    ///
    /// Other names are ignored, so that players may add their own.
    static func burst(_ target: RequestTarget) -> TimeSpan? {
        let values = target.query.filter { $0.name == "burst" }.map(\.value)
        guard let value = values.first else { return burstDefault }
        // Digits and a point only: Double also reads "nan", "1e9" and "0x10".
        guard values.count == 1,
            value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let seconds = Double(value), (0...burstMax).contains(seconds)
        else { return nil }
        return .seconds(seconds)
    }
}
