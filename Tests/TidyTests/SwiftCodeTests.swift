import Testing

@Suite("SwiftCode")
struct SwiftCodeTests {
    private func code(_ source: String) -> String {
        SwiftCode(source).lines.joined(separator: "\n")
    }

    @Test("blanks comments, also nested ones, and keeps the lines")
    func comments() {
        #expect(code("a // Task {\nb") == "a          \nb")
        #expect(code("a /* x /* y */ z */ b") == "a                   b")
        #expect(code("a /* x\ny */ b") == "a     \n     b")
    }

    @Test("blanks strings of every kind, and keeps what is interpolated")
    func strings() {
        #expect(code(#"let a = "x { \" y" + b"#) == #"let a = "        " + b"#)
        #expect(code(#"f("a \(g("}") + h) b") }"#) == #"f("   (g(" ") + h)  ") }"#)
        #expect(code("#\"a \" \\(b) \"# + c") == "#\"         \"# + c")
        #expect(code("\"\"\"\n { \"quoted\"\n\"\"\" }").hasSuffix("\"\"\" }"))
        #expect(!code("\"\"\"\n { \"quoted\"\n\"\"\" }").contains("{"))
    }

    @Test("a single quoted character in a comment opens nothing")
    func apostrophes() {
        #expect(code("// don't \" {\nx}").hasSuffix("x}"))
    }

    @Test("finds whole words only")
    func words() {
        let code = SwiftCode("Task TaskGroup myTask Task{ x.Task")
        #expect(code.occurrences(of: "Task").count == 3)
        #expect(SwiftCode("a\nb\nTask").line(at: 4) == 3)
    }
}
