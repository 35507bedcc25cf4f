import Testing

@Suite("The simulator's place")
struct SimulationTests {
    /// What of the wire grammar the simulator may name: what a person would hand to a peer, and
    /// the kind of a datagram, which whoever watches a wire can see.
    private static let allowed: Set<String> = [
        "ChannelLink", "ChannelRecord", "Contact", "LinkError", "WireError", "Wire", "Envelope",
    ]

    /// The public types of the wire grammar in some sources.
    static func types(in sources: [String]) -> Set<String> {
        Set(
            sources.flatMap { source in
                SwiftCode(source).lines.compactMap { line -> String? in
                    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                    guard words.count > 2, line.hasPrefix("public "),
                        ["struct", "enum", "class"].contains(words[1])
                    else { return nil }
                    return String(words[2])
                }
            }
        )
    }

    /// The messages that a source of the simulator names; none where it does not import `Wire`.
    static func messages(in source: String, of types: Set<String>) -> [String] {
        let code = SwiftCode(source)
        guard ImportTable.imports(of: code).contains("Wire") else { return [] }
        return types.subtracting(allowed).sorted().filter { !code.occurrences(of: $0).isEmpty }
    }

    @Test("it knows no message: what it carries from peer to peer are datagrams")
    func noProtocol() throws {
        let types = SimulationTests.types(
            in: try Repository.swiftFiles(in: "Sources/Wire").map(\.text)
        )
        #expect(types.contains("Message"))
        // Hostile peers break the protocol on purpose, which takes knowing it.
        for file in try Repository.swiftFiles(in: "Sources/Simulation")
        where !file.name.hasPrefix("Hostile") {
            #expect(SimulationTests.messages(in: file.text, of: types) == [], "\(file.path)")
        }
    }

    @Test("it does not reach below the peers and trackers that it drives")
    func arrows() {
        let below: Set = ["Paths", "Scheduling"]
        #expect(ImportTable.allowed["Simulation"]?.isDisjoint(with: below) == true)
        let edges: Set = ["Transport", "MediaIO", "Gateway", "Dashboard", "Glibc", "NIOCore"]
        #expect(ImportTable.allowed["Simulation"]?.isDisjoint(with: edges) == true)
    }

    @Test("the check finds a message that the simulator names")
    func selfTest() {
        let types = SimulationTests.types(in: ["public struct Feedback {}\npublic enum Message {"])
        #expect(types == ["Feedback", "Message"])
        let bad = "import Wire\nlet m = Message.feedback(Feedback())"
        #expect(SimulationTests.messages(in: bad, of: types) == ["Feedback", "Message"])
        #expect(SimulationTests.messages(in: "let m = Message.x", of: types) == [])
        #expect(SimulationTests.messages(in: "import Wire\n// Message", of: types) == [])
    }
}
