import Testing

@Suite("Lengths")
struct LengthTests {
    /// The most lines that a file may have; half of it is what to aim for.
    private static let fileMax = 500
    /// The most lines that a function may have; ten is what to aim for.
    private static let functionMax = 60

    private func swiftFiles() throws -> [Repository.File] {
        try Repository.swiftFiles(in: "Sources") + Repository.swiftFiles(in: "Tests")
    }

    @Test("no file is longer than 500 lines")
    func files() throws {
        for file in try swiftFiles() {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= LengthTests.fileMax + 1, "\(file.path)")
        }
    }

    @Test("no function is longer than 60 lines")
    func functions() throws {
        for file in try swiftFiles() {
            for function in FunctionLengths(file.text).all()
            where function.length > LengthTests.functionMax {
                Issue.record("\(file.path):\(function.line) has \(function.length) lines")
            }
        }
    }

    @Test("the measure counts from the keyword to the closing brace")
    func counts() {
        let source = """
            func f(
                _ x: Int = { 3 }()
            ) -> Int where T: P, U == [V] {
                let text = "}"  // }
                if x { g() }
            }
            static func < (left: A, right: A) -> Bool { true }
            """
        #expect(
            FunctionLengths(source).all() == [
                .init(line: 1, length: 6), .init(line: 7, length: 1),
            ]
        )
    }

    @Test("the measure sees initialisers, subscripts and computed properties")
    func kinds() {
        let source = """
            struct S {
                var a: Int {
                    3
                }
                var b = [1].map { $0 }
                let c: Int
                init?(_ x: Int) {
                    self.init(y: x)
                }
                deinit { }
                subscript(x: Int) -> Int {
                    get { 1 }
                }
            }
            """
        #expect(FunctionLengths(source).all().map(\.line) == [2, 7, 10, 11])
        #expect(FunctionLengths(source).all().map(\.length) == [3, 3, 1, 3])
    }

    @Test("the measure gives requirements without bodies no one else's")
    func requirements() {
        let source = """
            protocol P {
                func f() throws -> Int
                init(x: Int)
                var y: Int { get }
                func g()
            }
            func h() {
            }
            """
        #expect(FunctionLengths(source).all().map(\.line) == [4, 7])
    }

    @Test("the measure finds what is too long")
    func tooLong() {
        let body = String(repeating: "    g()\n", count: 60)
        #expect(FunctionLengths("func f() {\n\(body)}").all().first?.length == 62)
    }
}
