import Basics
import NIOCore
import Testing

@testable import Gateway

@Suite("LiveHistory")
struct LiveHistoryTests {
    @Test(
        "starts a reader at the newest key frame that is at least as old as the burst",
        arguments: [(0, 50), (900, 50), (901, 40), (1_900, 40), (2_000, 30), (5_900, 0)]
    )
    func burst(milliseconds: Int, first: Int) async {
        let history = LiveHistory()
        history.feed(0..<60)
        let reader = history.attach(burst: .milliseconds(milliseconds))
        history.finish()
        #expect(await reader.numbersToEnd() == Array(first..<60))
    }

    @Test("starts a reader at the oldest key frame when none is as old as the burst")
    func burstLongerThanStream() async {
        let history = LiveHistory()
        history.feed(5..<28)
        let reader = history.attach(burst: .seconds(60))
        history.finish()
        #expect(await reader.numbersToEnd() == Array(10..<28))
    }

    @Test("keeps the newest key frame that is as old as the span, and nothing before it")
    func span() async {
        let history = LiveHistory(span: .seconds(5))
        history.feed(0..<200)
        let reader = history.attach(burst: .seconds(60))
        history.finish()
        #expect(await reader.numbersToEnd() == Array(140..<200))
    }

    @Test("never holds more bytes than its limit, and then starts at a key frame still")
    func byteLimit() async {
        let history = LiveHistory(byteLimit: 20_000)
        for number in 0..<200 {
            history.append(chunk(number), at: arrival(number))
            #expect(history.heldBytes <= 20_000)
        }
        let reader = history.attach(burst: .seconds(60))
        history.finish()
        let numbers = await reader.numbersToEnd()
        #expect(numbers.count >= 50)
        #expect(numbers.first?.isMultiple(of: 10) == true)
        #expect(numbers.last == 199)
    }

    @Test("lets a reader wait for the first key frame")
    func waitsForKeyFrame() async {
        let history = LiveHistory()
        let early = history.attach()
        history.feed(1..<15)
        let late = history.attach()
        history.finish()
        #expect(await early.numbersToEnd() == Array(10..<15))
        #expect(await late.numbersToEnd() == Array(10..<15))
    }

    @Test("serves a stream without key frames after its span")
    func unmarked() async {
        let history = LiveHistory(span: .seconds(5))
        let early = history.attach()
        history.feed(1..<80, group: 1_000)
        let late = history.attach()
        history.finish()
        #expect(await early.numbersToEnd() == Array(51..<80))
        #expect(await late.numbersToEnd() == Array(29..<80))
    }

    @Test("skips a slow reader ahead to the newest key frame and spares the others")
    func slowReader() async {
        let history = LiveHistory(backlogLimit: 1_880)
        history.feed(0..<1)
        let slow = history.attach()
        let fast = history.attach()
        var seen: [Int] = []
        for number in 1..<36 {
            history.append(chunk(number), at: arrival(number))
            if let bytes = await fast.next() {
                seen += stride(from: 0, to: bytes.count, by: 188).map { Int(bytes[$0]) }
            }
        }
        history.finish()
        #expect(seen == Array(0..<36))
        #expect(await slow.numbersToEnd() == Array(30..<36))
    }

    @Test("lets a reader that is too slow within one group of pictures wait for the next")
    func slowWithinGroup() async {
        let history = LiveHistory(backlogLimit: 1_880)
        history.feed(0..<1)
        let slow = history.attach()
        history.feed(1..<103, group: 100)
        history.finish()
        #expect(await slow.numbersToEnd() == Array(100..<103))
    }

    @Test("counts the burst as no backlog")
    func burstIsNoBacklog() async {
        let history = LiveHistory(backlogLimit: 1_880)
        history.feed(0..<60)
        let reader = history.attach(burst: .seconds(5))
        history.feed(60..<70)
        history.finish()
        #expect(await reader.numbersToEnd() == Array(0..<70))
    }

    @Test("keeps for a reader what it has not read yet, however old")
    func keepsForReaders() async {
        let history = LiveHistory(span: .seconds(1))
        history.feed(0..<20)
        let reader = history.attach(burst: .seconds(60))
        history.feed(20..<200)
        history.finish()
        #expect(await reader.numbersToEnd() == Array(0..<200))
    }

    @Test("skips a reader ahead whose chunks went because of the byte limit")
    func evictedReader() async {
        let history = LiveHistory(byteLimit: 20_000)
        history.feed(0..<1)
        let reader = history.attach()
        history.feed(1..<205)
        history.finish()
        #expect(await reader.numbersToEnd() == Array(200..<205))
    }

    @Test("ends a reader that attaches after the end with what is left")
    func attachAfterEnd() async {
        let history = LiveHistory()
        history.feed(0..<5)
        history.finish()
        history.feed(5..<9)
        #expect(await history.attach().numbersToEnd() == Array(0..<5))
    }

    @Test("ends a reader of an empty stream")
    func emptyStream() async {
        let history = LiveHistory()
        let reader = history.attach()
        history.append(LiveChunk(bytes: .empty, mediaTime: .zero), at: .origin)
        history.finish()
        #expect(await reader.next() == nil)
    }
}

@Suite("LiveReader")
struct LiveReaderTests {
    @Test("joins small chunks and shares the storage of a single one")
    func joins() async {
        let history = LiveHistory()
        history.feed(0..<10)
        let (one, other) = (history.attach(burst: .zero), history.attach(burst: .zero))
        #expect(await one.next()?.count == 1_880)
        _ = await other.next()
        history.append(chunk(10), at: arrival(10))
        let buffers = [await one.nextBuffer(), await other.nextBuffer()]
        let places = buffers.map { buffer in
            buffer?.withUnsafeReadableBytes { $0.baseAddress.map(Int.init(bitPattern:)) }
        }
        #expect(places[0] == places[1])
        #expect(places[0] != nil)
    }

    @Test("gives at most 256 KiB at once")
    func batches() async {
        let history = LiveHistory()
        history.feed(0..<10, size: 100_016)
        let reader = history.attach(burst: .seconds(60))
        #expect(await reader.next()?.count == 200_032)
    }

    @Test("wakes up when a chunk comes")
    func wakes() async throws {
        let history = LiveHistory()
        let reader = history.attach()
        async let bytes = reader.next()
        try await Task.sleep(for: .milliseconds(20))
        history.append(chunk(0), at: .origin)
        #expect(await bytes == chunk(0).bytes)
    }

    @Test("ends when it is detached while it waits, and is forgotten")
    func detaches() async throws {
        let history = LiveHistory()
        let reader = history.attach()
        async let bytes = reader.next()
        try await Task.sleep(for: .milliseconds(20))
        reader.detach()
        #expect(await bytes == nil)
        #expect(history.readerCount == 0)
    }

    @Test("ends when the task that waits is cancelled")
    func cancels() async throws {
        let history = LiveHistory()
        let reader = history.attach()
        let task = Task { await reader.next() }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        #expect(await task.value == nil)
        #expect(history.readerCount == 0)
    }

    @Test("is forgotten when nobody holds it any more")
    func released() async {
        let history = LiveHistory()
        _ = await history.attach().numbersWithoutWaiting()
        #expect(history.readerCount == 0)
    }

    @Test("gives many readers on many threads every chunk in order", .timeLimit(.minutes(1)))
    func concurrent() async {
        let history = LiveHistory()
        history.feed(0..<1)
        let readers = (0..<16).map { _ in history.attach(burst: .zero) }
        await withTaskGroup(of: [Int].self) { group in
            for reader in readers { group.addTask { await reader.numbersToEnd() } }
            group.addTask {
                for number in 1..<250 {
                    history.append(chunk(number), at: arrival(number))
                    await Task.yield()
                }
                history.finish()
                return Array(0..<250)
            }
            for await numbers in group { #expect(numbers == Array(0..<250)) }
        }
    }
}

extension LiveReader {
    /// Does nothing but keep the reader until it returns.
    fileprivate func numbersWithoutWaiting() async -> Int { 0 }
}
