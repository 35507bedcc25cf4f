import Basics
import Gateway
import Glibc
import NIOPosix
import Telemetry
import Testing

/// A chunk of `size` bytes that all have the value of its number; each `group`th is a key frame.
func chunk(_ number: Int, size: Int = 188, group: Int = 10) -> LiveChunk {
    LiveChunk(
        bytes: Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)),
        mediaTime: .milliseconds(100 * number),
        marks: number.isMultiple(of: group) ? .keyFrame : []
    )
}

/// The instant at which the chunk of a number comes: one each 100 ms.
func arrival(_ number: Int) -> Instant { .origin + .milliseconds(100 * number) }

extension LiveHistory {
    /// Appends the chunks of some numbers, each at its time.
    func feed(_ numbers: Range<Int>, size: Int = 188, group: Int = 10) {
        for number in numbers {
            append(chunk(number, size: size, group: group), at: arrival(number))
        }
    }
}

extension LiveReader {
    /// The numbers of all chunks up to the end of the stream.
    func numbersToEnd(size: Int = 188) async -> [Int] {
        var numbers: [Int] = []
        while let bytes = await next() {
            numbers += stride(from: 0, to: bytes.count, by: size).map { Int(bytes[$0]) }
        }
        return numbers
    }
}

/// Waits until something has become true; an issue is recorded when it does not within 20 s.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<2_000 {
        if try await condition() { return }
        try? await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what)
}

/// Threads for blocking calls, apart from those that the servers under test use.
///
/// So many that the two ends of a conversation never wait for a third to end.
private let threads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 64)
    pool.start()
    return pool
}()

/// Runs blocking calls on a thread that may block.
func blocking<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await threads.runIfActive(body)
}

/// The text of a file of the repository.
func repositoryText(_ path: String) throws -> String {
    // This file is in Tests/GatewayTests.
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try #require(fopen("/\(root)/\(path)", "re"), "\(path) is missing")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// A snapshot with something in every kind of field.
func sampleSnapshot() -> SwarmSnapshot {
    var snapshot = SwarmSnapshot()
    snapshot.name = "Sunday / \"Söndag\"\nsecond line"
    snapshot.live = true
    snapshot.bitrateBps = 3e6
    snapshot.continuity = Spread(of: [1, 0.5])
    var row = PeerRow()
    row.id = "00000000000000ff"
    row.parents = ["1": "00000000000000aa", "0": "00000000000000bb"]
    snapshot.peers = [row]
    return snapshot
}
