import ArgumentParser
import Wire

/// `NAME=SOURCE`: the programme at another quality.
struct RenditionArgument: ExpressibleByArgument {
    /// What viewers call the programme itself.
    static let original = "original"
    /// Names that mean something else to `join`.
    static let reserved = [original, "auto"]

    /// What viewers call it.
    let name: String
    /// Where it comes from.
    let source: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, ChannelLink.Rendition.isName(parts[0]),
            !RenditionArgument.reserved.contains(String(parts[0]))
        else { return nil }
        (name, source) = (String(parts[0]), String(parts[1]))
    }
}
