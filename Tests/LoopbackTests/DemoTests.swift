import Testing

/// The first thing that anybody tries.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DemoTests {
    @Test("the demo plays at every viewer and says what each received")
    func demo() async throws {
        let process = try CandelaProcess(
            [
                "demo", "pattern:160x90@10,250k", "--viewers", "2", "--plain", "--seconds", "5",
                "--http", "127.0.0.1:0",
            ]
        )
        #expect(try await process.status(within: 60) == 0, "\(process.complaints)")
        #expect(
            process.said.contains("viewer 1  played") && process.said.contains("viewer 2  played")
        )
    }
}
