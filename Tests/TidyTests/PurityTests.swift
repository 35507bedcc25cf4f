import Testing

@Suite("Purity of the cores")
struct PurityTests {
    /// Words that mean a clock, a task, a lock or the system's randomness.
    private static let banned = [
        "ContinuousClock", "SuspendingClock", "Date(", "DispatchTime", "DispatchQueue",
        "clock_gettime", "gettimeofday", "ProcessInfo", "Task", "TaskGroup", "withTaskGroup",
        "async", "await", "actor", "Thread", "Mutex", "nonisolated(unsafe)", "UUID(",
        "SystemRandomNumberGenerator", "Foundation", "FoundationEssentials", "Dispatch", "Glibc",
    ]
    /// Calls that draw from the system's generator unless they are given another.
    private static let draws = [
        ".random(", ".shuffled(", ".shuffle(", ".randomElement(",
    ]

    /// What makes a core's source impure.
    static func violations(in source: String) -> [String] {
        let code = SwiftCode(source)
        let words = banned.filter { !code.occurrences(of: $0).isEmpty }
        let calls = draws.filter { draw in
            code.occurrences(of: draw).contains { start in
                let open = start + draw.utf8.count - 1
                let end = code.closing(open) ?? code.bytes.count
                let arguments = String(decoding: code.bytes[open..<end], as: UTF8.self)
                return !arguments.contains("using:")
            }
        }
        return words + calls
    }

    @Test("no clock, no task, no system randomness, no Foundation")
    func cores() throws {
        for core in ImportTable.cores {
            for file in try Repository.swiftFiles(in: "Sources/\(core)") {
                #expect(PurityTests.violations(in: file.text) == [], "\(file.path)")
            }
        }
    }

    @Test(
        "the check finds each kind of impurity",
        arguments: [
            "let now = ContinuousClock.now", "let d = Date()", "clock_gettime(CLOCK_MONOTONIC, &t)",
            "Task { }", "func f() async {}", "await g()", "actor A {}", "import Foundation",
            "let x = Int.random(in: 0..<4)", "a.shuffled()", "a.randomElement()", "a.shuffle()",
            "var r = SystemRandomNumberGenerator()", "nonisolated(unsafe) var x = 1",
        ]
    )
    func selfTest(source: String) {
        #expect(!PurityTests.violations(in: source).isEmpty)
    }

    @Test("the check lets seeded randomness, comments and longer words pass")
    func lets() {
        let source = """
            // A Task would await its Date() here.
            let x = Int.random(in: 0..<f(4), using: &random)
            let subTask = a.shuffled(using: &random) + [update(), factory]
            """
        #expect(PurityTests.violations(in: source) == [])
    }
}
