import ArgumentParser
import Basics
import Wire

/// The command `candela link show|verify LINK`.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Look at a link.",
        subcommands: [LinkShowCommand.self, LinkVerifyCommand.self]
    )
}

/// The command `candela link show LINK`.
struct LinkShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Say what a link holds."
    )

    @Argument(help: "The link.")
    var link: String

    func run() throws {
        let parsed = try LinkCommand.parse(link: link)
        try StandardOutput.line("channel  \(parsed.channel)")
        try StandardOutput.line("name     \(parsed.name.isEmpty ? "–" : parsed.name)")
        for rendition in parsed.renditions {
            try StandardOutput.line("quality  \(rendition.name)  \(rendition.channel)")
        }
        for tracker in parsed.trackers {
            let key = tracker.key.map { "key \(Hex.string($0.prefix(4)))…" } ?? "key unknown"
            try StandardOutput.line("tracker  \(tracker.address)  \(key)")
        }
    }
}

/// The command `candela link verify LINK`.
struct LinkVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that a link is whole; exits with 65 if not."
    )

    @Argument(help: "The link.")
    var link: String

    func run() throws {
        _ = try LinkCommand.parse(link: link)
        try StandardOutput.line("the link is whole")
    }
}

extension LinkCommand {
    static func parse(link: String) throws(CommandFailure) -> ChannelLink {
        do {
            return try ChannelLink(parsing: link)
        } catch {
            throw CommandFailure(.data, "the link \(error.message)")
        }
    }
}
