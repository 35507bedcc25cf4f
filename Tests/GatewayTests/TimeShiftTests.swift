import Basics
import Glibc
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// A folder that is gone after the test.
private final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/candela-shift-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    var entries: Int {
        guard let folder = opendir(path) else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 2
    }

    deinit { rmdir(path) }
}

@Suite("TimeShift", .timeLimit(.minutes(2)))
struct TimeShiftTests {
    /// A history of 1 s in memory, and more on disk.
    private func history(
        in scratch: Scratch,
        limit: TimeSpan = .seconds(600),
        byteLimit: Int = 1 << 30
    ) throws -> (LiveHistory, TimeShift) {
        let setup = TimeShift.Setup(folder: scratch.path, limit: limit, byteLimit: byteLimit)
        let shift = try TimeShift(setup)
        return (LiveHistory(span: .seconds(1), archive: shift), shift)
    }

    /// Feeds and waits for the disk.
    private func feed(_ history: LiveHistory, _ shift: TimeShift, _ numbers: Range<Int>)
        async throws
    {
        history.feed(numbers)
        let offset = numbers.upperBound * 188 - 1
        try await eventually("everything is on disk") { !shift.isPending(offset) }
    }

    @Test("gives a player that starts in the past everything from there to the live edge")
    func past() async throws {
        let scratch = Scratch()
        let (history, shift) = try history(in: scratch)
        try await feed(history, shift, 0..<200)
        #expect(history.heldBytes < 60 * 512)
        for (age, first) in [(15.0, 40), (10.05, 90), (3, 160), (0.95, 180), (60, 0), (0, 190)] {
            let reader = history.attach(from: .seconds(age))
            var numbers: [Int] = []
            while numbers.last != 199, let bytes = await reader.next() {
                numbers += stride(from: 0, to: bytes.count, by: 188).map { Int(bytes[$0]) }
            }
            #expect(numbers == Array(first..<200), "\(age) s")
        }
        #expect(
            history.extent == TimeShiftExtent(reach: .milliseconds(19_900), limit: .seconds(600))
        )
        #expect(scratch.entries == 0)
    }

    @Test("lets a player stay behind and catch up without a gap, and never skips it")
    func behind() async throws {
        let scratch = Scratch()
        let (history, shift) = try history(in: scratch)
        try await feed(history, shift, 0..<50)
        let reader = history.attach(from: .seconds(2))
        var numbers: [Int] = []
        for start in stride(from: 50, to: 250, by: 50) {
            try await feed(history, shift, start..<(start + 50))
            if let bytes = await reader.next() {
                numbers += stride(from: 0, to: bytes.count, by: 188).map { Int(bytes[$0]) }
            }
        }
        history.finish()
        numbers += await reader.numbersToEnd()
        #expect(numbers == Array(20..<250))
    }

    @Test("moves a player on whose past is held no longer, to a key frame")
    func expired() async throws {
        let scratch = Scratch()
        let (history, shift) = try history(in: scratch, limit: .seconds(4))
        try await feed(history, shift, 0..<30)
        let reader = history.attach(from: .seconds(10))
        for start in stride(from: 30, to: 230, by: 10) {
            try await feed(history, shift, start..<(start + 10))
        }
        history.finish()
        let numbers = await reader.numbersToEnd()
        let first = try #require(numbers.first)
        #expect(first.isMultiple(of: 10) && first > 100)
        #expect(numbers == Array(first..<230))
        #expect(history.extent.reach >= .seconds(4))
        #expect(history.extent.reach <= .seconds(9))
    }

    @Test("holds no more bytes than it may")
    func bounded() async throws {
        let scratch = Scratch()
        let (history, shift) = try history(in: scratch, byteLimit: 100 * 188)
        for start in stride(from: 0, to: 1_000, by: 50) {
            try await feed(history, shift, start..<(start + 50))
        }
        // One file more than the bound, each as long as the least time for a file.
        #expect(shift.heldBytes <= 130 * 188)
        #expect(shift.heldBytes >= 60 * 188)
    }

    @Test("goes on without a past when the disk fails, and says so once")
    func failingDisk() async throws {
        let scratch = Scratch()
        var setup = TimeShift.Setup(folder: scratch.path, limit: .seconds(60))
        let told = Told()
        setup.onFailure = { told.add($0) }
        let shift = try TimeShift(setup)
        rmdir(scratch.path)
        let history = LiveHistory(span: .seconds(1), archive: shift)
        try await feed(history, shift, 0..<300)
        let reader = history.attach(from: .seconds(20))
        history.finish()
        #expect(await reader.numbersToEnd().last == 299 % 256)
        #expect(told.lines.count == 1)
        #expect(told.lines.first?.hasPrefix("the time shift has a gap: ") == true)
    }

    @Test("refuses a folder in which nothing can be written")
    func badFolder() {
        let setup = TimeShift.Setup(folder: "/proc/nowhere", limit: .seconds(60))
        let error = #expect(throws: GatewayError.self) { try TimeShift(setup) }
        #expect(error?.message.contains("--dvr") == true)
    }

    @Test("starts at the oldest key frame where nothing but memory is held")
    func memoryOnly() async {
        let history = LiveHistory(span: .seconds(2))
        history.feed(0..<100)
        let reader = history.attach(from: .seconds(90))
        history.finish()
        #expect(await reader.numbersToEnd() == Array(70..<100))
    }

    @Test(
        "reads how far back a player wants to start",
        arguments: [
            ("?from=-90s", 90.0), ("?from=-90", 90), ("?from=-1.5m", 90), ("?from=0", 0),
            ("?from=-1h", 3_600), ("?from=-0.5s&x=y", 0.5),
        ]
    )
    func query(text: String, seconds: Double) {
        #expect(LiveQuery.start(RequestTarget("/live.ts" + text)) == .past(.seconds(seconds)))
    }

    @Test(
        "refuses nonsense for a start",
        arguments: [
            "?from=", "?from=-", "?from=90", "?from=+90s", "?from=-1e3", "?from=-0x10",
            "?from=-nan", "?from=-1d", "?from=-90ss", "?from=-25h", "?from=-1.2.3", "?from=--1",
            "?from=-90s&from=-90s", "?from=-90s&burst=5", "?from=now", "?burst=61", "?burst=-1",
            "?from=-\u{0661}",
        ]
    )
    func badQuery(text: String) {
        #expect(LiveQuery.start(RequestTarget("/live.ts" + text)) == nil)
    }

    @Test("serves the past over HTTP and says how far it reaches")
    func overHTTP() async throws {
        let scratch = Scratch()
        let (history, shift) = try history(in: scratch)
        try await feed(history, shift, 0..<200)
        var configuration = GatewayConfiguration(history: history) { sampleSnapshot() }
        configuration.port = 0
        let gateway = try await Gateway.start(configuration)
        let port = gateway.port
        async let past = exchange(port, ask(port, "GET /live.ts?from=-15s"))
        async let live = exchange(port, ask(port, "GET /live.ts?burst=0"))
        try await eventually("both are attached") { history.readerCount == 2 }
        let extent = try await exchange(port, ask(port, "GET /timeshift.json"))
        #expect(extent.text == "{\"limit_s\":600.0,\"reach_s\":19.9}\n")
        history.finish()
        #expect(try await past.body == (40..<200).flatMap { chunk($0).bytes.array })
        #expect(try await live.body == (190..<200).flatMap { chunk($0).bytes.array })
        await gateway.stop()
    }
}

/// What was said.
private final class Told: Sendable {
    private let said = Mutex<[String]>([])
    var lines: [String] { said.withLock { $0 } }
    func add(_ line: String) { said.withLock { $0.append(line) } }
}
