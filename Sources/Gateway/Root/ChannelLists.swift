import Telemetry

/// The channels of a node in the forms that people and television apps read.
struct ChannelLists {
    /// The channels.
    let channels: [GatewayChannel]
    /// The node's folder as the client reaches it, with a slash at its end.
    let base: String

    /// How far ahead the guide goes: a live stream has no known end, and apps ask again daily.
    private static let guideSpan = 86_400.0

    /// The folder of a channel, with a slash at its end.
    private func folder(_ channel: GatewayChannel) -> String {
        channels.count > 1 ? "\(base)\(channel.folder)/" : base
    }

    /// The channels in words.
    var index: String {
        var lines = ["Candela: live video from peer to peer.", ""]
        for channel in channels {
            lines += [ChannelLists.line(channel.name), "    \(folder(channel))"]
        }
        lines += ["", "For television apps: \(base)list.m3u with the guide \(base)guide.xml"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// The channels as an extended M3U playlist, as television apps read it.
    var playlist: String {
        var lines = ["#EXTM3U url-tvg=\"\(base)guide.xml\" x-tvg-url=\"\(base)guide.xml\""]
        for channel in channels {
            let name = ChannelLists.line(channel.name)
            var attributes = "tvg-id=\"\(identifier(channel))\" tvg-name=\"\(name)\""
            if channel.poster != nil {
                attributes += " tvg-logo=\"\(folder(channel))poster.jpg\""
            }
            lines += ["#EXTINF:-1 \(attributes),\(name)", "\(folder(channel))live.ts"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The programme guide in XMLTV: one programme per channel, from its start for a day.
    func guide(now: Double) -> String {
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE tv SYSTEM \"xmltv.dtd\">",
            "<tv generator-info-name=\"candela\">",
        ]
        for channel in channels {
            lines += [
                "  <channel id=\"\(identifier(channel))\">",
                "    <display-name>\(ChannelLists.escaped(channel.name))</display-name>",
            ]
            if channel.poster != nil {
                lines.append(
                    "    <icon src=\"\(ChannelLists.escaped(folder(channel)))poster.jpg\"/>"
                )
            }
            lines.append("  </channel>")
        }
        for channel in channels {
            let snapshot = channel.snapshot()
            let start = WallClock.stamp(now - max(0, min(snapshot.uptimeS, 1e9)))
            let stop = WallClock.stamp(now + ChannelLists.guideSpan)
            lines += [
                "  <programme start=\"\(start)\" stop=\"\(stop)\""
                    + " channel=\"\(identifier(channel))\">",
                "    <title>\(ChannelLists.escaped(channel.name))</title>", "  </programme>",
            ]
        }
        return lines.joined(separator: "\n") + "\n</tv>\n"
    }

    /// What joins the list and the guide: the channel's identifier, its folder while unknown.
    private func identifier(_ channel: GatewayChannel) -> String {
        let id = channel.snapshot().channel
        return ChannelLists.escaped(id.isEmpty ? "candela-\(channel.folder)" : id)
    }

    /// A name for one line between quotes: printable, without quotes.
    static func line(_ name: String) -> String {
        String(PrintableText.clean(name).map { $0 == "\"" ? "'" : $0 })
    }

    /// A name for XML.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in PrintableText.clean(text.count > 200 ? String(text.prefix(200)) : text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
