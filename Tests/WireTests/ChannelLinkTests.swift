import Basics
import Testing
import Wire

@Suite("ChannelLink")
struct ChannelLinkTests {
    private static let id = String(repeating: "0a", count: 20)
    private static let key = String(repeating: "b1", count: 32)

    private func parse(_ text: String) throws(LinkError) -> ChannelLink {
        try ChannelLink(parsing: text)
    }

    @Test("prints as the design shows it")
    func golden() throws {
        let channel = try #require(ChannelID([UInt8](repeating: 10, count: 20)))
        let link = ChannelLink(
            channel: channel,
            trackers: [
                .init(address: "live.example.org:4000", key: [UInt8](repeating: 0xB1, count: 32)),
                .init(address: "[2001:db8::1]:4000", key: nil),
            ],
            name: "St Mary & Söns 100%"
        )
        #expect(
            link.description == "candela://\(Self.id)?t=live.example.org:4000&k=\(Self.key)"
                + "&t=[2001:db8::1]:4000&n=St%20Mary%20%26%20S%C3%B6ns%20100%25"
        )
        #expect(try parse(link.description) == link)
    }

    @Test("names the renditions of a programme, and refuses what is none")
    func renditions() throws {
        let other = String(repeating: "0b", count: 20)
        let base = "candela://\(Self.id)?t=h:1&r="
        let link = try parse("\(base)360p:\(other)")
        #expect(link.renditions.map(\.name) == ["360p"])
        #expect(link.renditions.map(\.channel.description) == [other])
        #expect(try parse(link.description) == link)
        for wrong in ["", ":", "360p", "360p:0b", "a b:\(other)", ":\(other)", "é:\(other)"] {
            let error = #expect(throws: LinkError.self) { try parse(base + wrong) }
            #expect(error?.message.hasPrefix("has a rendition") == true, "\(wrong)")
        }
        for twice in ["x:\(Self.id)", "x:\(other)&r=y:\(other)", "x:\(other)&r=x:\(Self.id)"] {
            let error = #expect(throws: LinkError.self) { try parse(base + twice) }
            #expect(error?.message.hasSuffix("twice") == true)
        }
        let many = (1...8).map { "r=q\($0):\(String(repeating: "c\($0)", count: 20))" }
        let error = #expect(throws: LinkError.self) {
            try parse("candela://\(Self.id)?t=h:1&\(many.joined(separator: "&"))")
        }
        #expect(error?.message == "names more than 7 renditions")
    }

    @Test("comes back as it was, whatever the name")
    func roundTrip() throws {
        var random = SeededRandom(seed: 8)
        for _ in 0..<500 {
            let bytes = (0..<20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let scalars = (0..<random.below(20)).compactMap { _ in
                Unicode.Scalar(UInt32(random.below(0x3000)))
            }
            let trackers = (0...random.below(8)).map { index in
                ChannelLink.Tracker(
                    address: "host-\(index).example:\(1 + random.below(65_535))",
                    key: random.below(2) == 0 ? [UInt8](repeating: UInt8(index), count: 32) : nil
                )
            }
            let link = ChannelLink(
                channel: try #require(ChannelID(bytes)),
                trackers: trackers,
                name: String(String.UnicodeScalarView(scalars)),
                renditions: try (0..<random.below(4)).map { index in
                    .init(
                        name: "\(index)p",
                        channel: try #require(
                            ChannelID([UInt8](repeating: UInt8(index), count: 20))
                        )
                    )
                }
            )
            #expect(try parse(link.description) == link)
        }
    }

    @Test("takes upper-case digits, escapes, and fields of later versions")
    func lenient() throws {
        let link = try parse(
            "candela://\(Self.id.uppercased())?x=1&t=h%3A80&k=\(Self.key.uppercased())&n=a%2fb&y="
        )
        #expect(link.channel.description == Self.id)
        #expect(link.trackers == [.init(address: "h:80", key: [UInt8](repeating: 0xB1, count: 32))])
        #expect(link.name == "a/b")
    }

    @Test(
        "says what is wrong with a malformed link",
        arguments: [
            ("", "does not begin with candela://"),
            ("https://example.org", "does not begin with candela://"),
            ("candela:/", "does not begin with candela://"),
            ("candela://", "has no channel identifier of 40 hexadecimal digits; was it cut?"),
            ("candela://0a0a", "has no channel identifier of 40 hexadecimal digits; was it cut?"),
            (
                "candela://\(id)0a?t=h:1",
                "has no channel identifier of 40 hexadecimal digits; was it cut?"
            ),
            (
                "candela://\(id.dropLast())g?t=h:1",
                "has no channel identifier of 40 hexadecimal digits; was it cut?"
            ),
            ("candela://\(id)", "names no tracker (t=host:port); was it cut?"),
            ("candela://\(id)?", "names no tracker (t=host:port); was it cut?"),
            ("candela://\(id)?n=Name", "names no tracker (t=host:port); was it cut?"),
            ("candela://\(id)?t", "has a field that is not key=value: t"),
            ("candela://\(id)?t=h:1&n=%4", "has a field that is not key=value: n=%4"),
            ("candela://\(id)?t=h:1&n=%zz", "has a field that is not key=value: n=%zz"),
            ("candela://\(id)?t=h:1&n=%aé", "has a field that is not key=value: n=%aé"),
            ("candela://\(id)?t=h:1&n=%é", "has a field that is not key=value: n=%é"),
            ("candela://\(id)?t=h:1&n=%ff", "has a field that is not key=value: n=%ff"),
            ("candela://\(id)?t=h", "has a tracker that is not host:port: h"),
            ("candela://\(id)?t=:80", "has a tracker that is not host:port: :80"),
            ("candela://\(id)?t=h:", "has a tracker that is not host:port: h:"),
            ("candela://\(id)?t=h:0", "has a tracker that is not host:port: h:0"),
            ("candela://\(id)?t=h:65536", "has a tracker that is not host:port: h:65536"),
            ("candela://\(id)?t=h:-1", "has a tracker that is not host:port: h:-1"),
            ("candela://\(id)?t=h:8o", "has a tracker that is not host:port: h:8o"),
            ("candela://\(id)?t=::1:80", "has a tracker that is not host:port: ::1:80"),
            ("candela://\(id)?t=a%20b:80", "has a tracker that is not host:port: a b:80"),
            (
                "candela://\(id)?t=h:1&k=b1b1",
                "has a tracker key that is not 64 hexadecimal digits"
            ),
            ("candela://\(id)?k=\(key)&t=h:1", "has a tracker key before its tracker"),
        ]
    )
    func malformed(_ text: String, _ message: String) {
        let error = #expect(throws: LinkError.self) { try parse(text) }
        #expect(error?.message == message)
    }

    @Test("has bounds")
    func bounds() throws {
        let eight = (1...8).map { "t=h:\($0)" }.joined(separator: "&")
        #expect(try parse("candela://\(Self.id)?\(eight)").trackers.count == 8)
        let nine = #expect(throws: LinkError.self) {
            try parse("candela://\(Self.id)?\(eight)&t=h:9")
        }
        #expect(nine?.message == "names more than 8 trackers")
        let long = "candela://\(Self.id)?t=h:1&n="
        let most = String(repeating: "a", count: 4_096 - long.utf8.count)
        #expect(try parse(long + most).name == most)
        let error = #expect(throws: LinkError.self) { try parse(long + most + "a") }
        #expect(error?.message == "is longer than 4,096 bytes")
    }

    @Test("random text never traps")
    func randomText() {
        var random = SeededRandom(seed: 3)
        let alphabet = Array("candela://?&=%tkn:[]0aF é🎥\u{0}")
        var parsed = 0
        for round in 0..<20_000 {
            let noise = String(
                (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
            )
            let text = round.isMultiple(of: 2) ? noise : "candela://\(Self.id)?t=h:1&\(noise)"
            if (try? parse(text)) != nil { parsed += 1 }
        }
        #expect(parsed > 100)
    }
}
