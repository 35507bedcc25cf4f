import Testing

@Suite("Imports")
struct ImportTests {
    @Test("every target imports only what the table allows")
    func table() throws {
        let violations = try Repository.swiftFiles(in: "Sources").flatMap { file in
            ImportTable.violations(
                target: file.target,
                path: file.path,
                imports: ImportTable.imports(of: SwiftCode(file.text))
            )
        }
        #expect(violations == [])
    }

    @Test("every folder of the sources is a target of the table, and the other way round")
    func targets() throws {
        let known = Set(ImportTable.allowed.keys).union(ImportTable.shims)
        #expect(Set(try Repository.folders(in: "Sources")) == known)
    }

    @Test("layers are in order: no core imports one that comes after it")
    func direction() {
        for (index, core) in ImportTable.cores.enumerated() {
            let below = Set(ImportTable.cores[..<index]).union(["Crypto", "CISAL"])
            #expect(ImportTable.allowed[core]?.isSubset(of: below) == true, "\(core)")
        }
        let edges: Set = [
            "Simulation", "Transport", "MediaIO", "Gateway", "Dashboard", "Surroundings",
        ]
        for edge in edges {
            #expect(ImportTable.allowed[edge]?.isDisjoint(with: edges) == true, "\(edge)")
        }
    }

    @Test("no source reaches into another target by testing or private doors")
    func doors() throws {
        let violations = try Repository.swiftFiles(in: "Sources").filter { file in
            let code = SwiftCode(file.text)
            return ["@testable", "@_spi", "@_implementationOnly", "@_exported"]
                .contains { !code.occurrences(of: $0).isEmpty }
        }
        #expect(violations.map(\.path) == [])
    }

    @Test("the check sees every form of import, and none in comments and strings")
    func selfTest() {
        let source = """
            import A
            public import B
            @preconcurrency internal import struct C.D
            // import E
            let text = "import F"
            @testable import G ; import H
            """
        #expect(ImportTable.imports(of: SwiftCode(source)) == ["A", "B", "C", "G"])
        func count(_ target: String, _ module: String) -> Int {
            ImportTable.violations(target: target, path: "x", imports: [module]).count
        }
        #expect(count("Basics", "Foundation") == 1)
        #expect(count("Chandelier", "Wire") == 1)
        #expect(count("Gateway", "Transport") == 1)
        #expect(count("Nowhere", "Basics") == 1)
        #expect(count("Secrecy", "Crypto") == 0)
    }
}
