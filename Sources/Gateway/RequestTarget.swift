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
    /// The furthest that a player may ask to go back.
    static let pastMax = TimeSpan.seconds(86_400)
    /// What a client is told that asks for something else.
    static let help = """
        burst is a number of seconds from 0 to 60; from is how far back to start: -90s, -5m, -1h.

        """

    /// Where in the stream a player wants to start.
    enum Start: Equatable {
        /// Near the live edge, at a key frame that is at least so old.
        case burst(TimeSpan)
        /// So far back, as far as the time shift reaches.
        case past(TimeSpan)
    }

    /// Where the player wants to start; nil when the query asks for nonsense or for two things.
    static func start(_ target: RequestTarget) -> Start? {
        let values = target.query.filter { $0.name == "from" }.map(\.value)
        guard let value = values.first else { return burst(target).map { .burst($0) } }
        guard values.count == 1, !target.query.contains(where: { $0.name == "burst" }) else {
            return nil
        }
        return past(value).map { .past($0) }
    }

    /// Reads `-90s`, `-90`, `-1.5m`, `-1h` or `0` as a time back from now.
    private static func past(_ text: Substring) -> TimeSpan? {
        if text == "0" { return .zero }
        guard text.hasPrefix("-") else { return nil }
        var digits = text.dropFirst()
        var unit = 1.0
        if let last = digits.last, let known = ["s": 1.0, "m": 60, "h": 3_600][String(last)] {
            unit = known
            digits = digits.dropLast()
        }
        guard let number = decimal(digits), (0...pastMax.seconds).contains(number * unit) else {
            return nil
        }
        return .seconds(number * unit)
    }

    /// A number of digits and at most one point: Double also reads "nan", "1e9" and "0x10".
    private static func decimal(_ text: Substring) -> Double? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else { return nil }
        return Double(text)
    }

    /// How old the key frame to start at should be; nil when the query asks for nonsense.
    ///
    /// Other names are ignored, so that players may add their own.
    static func burst(_ target: RequestTarget) -> TimeSpan? {
        let values = target.query.filter { $0.name == "burst" }.map(\.value)
        guard let value = values.first else { return burstDefault }
        guard values.count == 1, let seconds = decimal(value), (0...burstMax).contains(seconds)
        else { return nil }
        return .seconds(seconds)
    }
}
