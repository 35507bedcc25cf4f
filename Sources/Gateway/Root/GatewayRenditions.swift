/// The qualities of a channel, which its players choose from.
///
/// A node plays one at a time: the one that was asked for last, by `?rendition=NAME` at the stream,
/// or the one that its down-link carries.
public struct GatewayRenditions: Sendable {
    /// What is played.
    public struct Playing: Sendable, Equatable {
        /// The rendition in use.
        public var active: String
        /// What was asked for: a name, or `auto`.
        public var choice: String

        /// Names both.
        public init(active: String, choice: String) {
            self.active = active
            self.choice = choice
        }
    }

    /// What players call the choice by the down-link.
    public static let automatic = "auto"

    /// The names, best first.
    public var names: [String]
    /// What is played; called from any thread.
    public var playing: @Sendable () -> Playing
    /// Asks for one of the names or `automatic`; called from any thread.
    public var choose: @Sendable (String) -> Void

    /// Makes a menu.
    public init(
        names: [String],
        playing: @escaping @Sendable () -> Playing,
        choose: @escaping @Sendable (String) -> Void
    ) {
        self.names = names
        self.playing = playing
        self.choose = choose
    }

    /// Paths whose query may name a rendition.
    private static let paths: Set<String> = ["/live.ts", "/live.mp4", "/live.m3u8", "/master.m3u8"]

    /// Heeds what a player asks for; false when it asks for what there is not.
    func heed(_ target: RequestTarget) -> Bool {
        guard GatewayRenditions.paths.contains(target.path) else { return true }
        let asked = target.query.filter { $0.name == "rendition" }.map { String($0.value) }
        guard let name = asked.first else { return true }
        guard asked.count == 1, name == GatewayRenditions.automatic || names.contains(name) else {
            return false
        }
        if playing().choice != name { choose(name) }
        return true
    }

    /// What a client is told that asks for what there is not.
    var help: String {
        "rendition is one of: \(([GatewayRenditions.automatic] + names).joined(separator: ", ")).\n"
    }
}
