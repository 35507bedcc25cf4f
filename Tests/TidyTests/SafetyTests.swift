import Testing

@Suite("Safety of the sources")
struct SafetyTests {
    /// Where unstructured tasks may be started, and why.
    ///
    /// The executable owns the lifetime of everything; the gateway answers requests that outlive
    /// the handler which took them. All others are synchronous or driven by an event loop.
    private static let taskFolders = ["Sources/candela/", "Sources/Gateway/"]

    /// The starts of unstructured tasks in a source.
    static func tasks(in source: String) -> [Int] {
        let code = SwiftCode(source)
        return code.occurrences(of: "Task").filter { start in
            var next = start + 4
            while next < code.bytes.count, code.bytes[next] == UInt8(ascii: " ") { next += 1 }
            let rest = code.bytes[next...]
            return ["{", "(", "<", ".detached", ".init", ".immediate"]
                .contains { rest.starts(with: $0.utf8) }
        }.map { code.line(at: $0) }
    }

    /// The lines of a source that unwrap by force, or declare what unwraps by itself.
    static func forced(in source: String) -> [Int] {
        let code = SwiftCode(source)
        let ends = Set(")]}>?\"`".utf8)
        return code.bytes.indices.filter { at in
            guard code.bytes[at] == UInt8(ascii: "!"), at > 0 else { return false }
            let before = code.bytes[at - 1]
            let isNotEqual = at + 1 < code.bytes.count && code.bytes[at + 1] == UInt8(ascii: "=")
            return (before.isWord || ends.contains(before)) && !isNotEqual
        }.map { code.line(at: $0) }
    }

    @Test("tasks are started only where somebody owns them, and never detached")
    func tasks() throws {
        for file in try Repository.swiftFiles(in: "Sources") {
            let mayStart = SafetyTests.taskFolders.contains { file.path.hasPrefix($0) }
            if !mayStart { #expect(SafetyTests.tasks(in: file.text) == [], "\(file.path)") }
            let detached = SwiftCode(file.text).occurrences(of: "Task.detached")
            #expect(detached.isEmpty, "\(file.path)")
        }
    }

    @Test("nothing is unwrapped, tried or cast by force")
    func force() throws {
        for file in try Repository.swiftFiles(in: "Sources") {
            #expect(SafetyTests.forced(in: file.text) == [], "\(file.path)")
        }
    }

    @Test("the checks find what they look for")
    func finds() {
        for source in ["Task { f() }", "Task<Int, Never> { 1 }", "Task(priority: .low) { }"] {
            #expect(SafetyTests.tasks(in: source) == [1], "\(source)")
        }
        #expect(SafetyTests.tasks(in: "\nTask.detached { }") == [2])
        for source in ["a!", "a[0]!.b", "try! f()", "x as! Y", "f()!", "var a: Int!", "a! == b"] {
            #expect(SafetyTests.forced(in: source) == [1], "\(source)")
        }
    }

    @Test("the checks let the rest pass")
    func lets() {
        #expect(SafetyTests.tasks(in: "try await Task.sleep(for: x); Task.isCancelled") == [])
        #expect(SafetyTests.forced(in: "if !a, b != c, d!=e { f(!g) } // h!\nlet i = \"j!\"") == [])
    }
}
