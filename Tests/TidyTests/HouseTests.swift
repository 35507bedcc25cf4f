import Testing

@Suite("The house")
struct HouseTests {
    @Test("every folder of sources and tests has its entry in Package.swift, and a content")
    func entries() throws {
        let manifest = PackageManifest(try Repository.text(of: "Package.swift"))
        for folder in ["Sources", "Tests"] {
            for name in try Repository.folders(in: folder) {
                #expect(manifest.targets.contains(name), "\(folder)/\(name)")
            }
        }
        for target in ImportTable.allowed.keys.sorted() {
            let files = try Repository.swiftFiles(in: "Sources/\(target)")
            let hasCode = files.contains { SwiftCode($0.text).bytes.contains { !$0.isSpace } }
            #expect(hasCode, "Sources/\(target) is an empty shell")
        }
    }

    @Test("every target declares the targets that it imports")
    func declarations() throws {
        let manifest = PackageManifest(try Repository.text(of: "Package.swift"))
        let files =
            try Repository.swiftFiles(in: "Sources") + Repository.swiftFiles(in: "Tests")
        let missing = files.flatMap { file in
            ImportTable.imports(of: SwiftCode(file.text))
                .filter { manifest.targets.contains($0) }
                .filter { manifest.dependencies[file.target]?.contains($0) != true }
                .map { "\(file.path): \(file.target) does not declare \($0)" }
        }
        #expect(missing == [])
    }

    @Test("the README's first screen shows the two commands, and CI runs the second")
    func commands() throws {
        let readme = try Repository.text(of: "README.md").split(separator: "\n").prefix(40)
        for verb in ["demo", "test"] {
            #expect(readme.contains { $0.contains("sh Config/bootstrap.sh \(verb)") }, "\(verb)")
        }
        let script = try Repository.text(of: ".ci/run").split(separator: "\n")
        #expect(script.last == "sh Config/bootstrap.sh test")
    }

    @Test("the project speaks of itself only, and of no one machine")
    func words() throws {
        for file in try Repository.files() {
            #expect(Wording.violations(in: file.text) == [], "\(file.path)")
        }
    }

    @Test("types have names that mean one thing")
    func names() throws {
        for file in try Repository.swiftFiles(in: "Sources") {
            let bad = Naming.violations(in: file.text, target: file.target)
            #expect(bad == [], "\(file.path)")
        }
    }

    @Test("the checks find what they look for")
    func selfTest() {
        let manifest = PackageManifest(
            """
            module("A"), module(
                "B", ["A", crypto]), .target(name: "C", cSettings: []),
            .executableTarget(name: "d", dependencies: ["A", "B", logging,
                .product(name: "P", package: "p")], swiftSettings: settings),
            tests("BTests", ["B"] + nio),
            """
        )
        #expect(manifest.targets == ["A", "B", "C", "d", "BTests"])
        #expect(manifest.dependencies["B"] == ["A"])
        #expect(manifest.dependencies["d"]?.isSuperset(of: ["A", "B"]) == true)
        #expect(manifest.dependencies["BTests"] == ["B"])
        #expect(manifest.dependencies["A"] == [])
        #expect(Wording.violations(in: "see " + "/wo" + "rk/x") != [])
        #expect(Wording.violations(in: "TO" + "DO: later") != [])
        #expect(Wording.violations(in: "see iss" + "ue #2") != [])
        #expect(Wording.violations(in: "a network/worker, issues of style, mastodons") == [])
        #expect(Naming.violations(in: "final class PeerManager {", target: "X") == ["PeerManager"])
        #expect(Naming.violations(in: "struct Packet {", target: "MediaIO") == [])
        #expect(Naming.violations(in: "struct Packet {", target: "Wire") == ["Packet"])
        #expect(Naming.violations(in: "class H: ChannelInboundHandler {", target: "X") == [])
        #expect(Naming.violations(in: "struct Informant {", target: "X") == [])
    }
}
