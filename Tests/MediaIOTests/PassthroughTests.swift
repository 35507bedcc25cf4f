import Glibc
import Testing

@testable import MediaIO

@Suite("MPEG-TS passthrough", .serialized, .timeLimit(.minutes(2)))
struct PassthroughTests {
    /// The fixture, with packets of PIDs that no table names put in between.
    private func original() throws -> [UInt8] {
        let bytes = Fixture.read(try #require(Fixture.transport))
        try #require(bytes.count > 188 * 500)
        var mixed: [UInt8] = []
        for (number, start) in stride(from: 0, to: bytes.count, by: 188).enumerated() {
            mixed += bytes[start..<start + 188]
            if number.isMultiple(of: 50) {
                mixed += Stream.packet(pid: 0x1ABC, counter: UInt8(number / 50 % 16))
            }
        }
        return mixed
    }

    @Test("hands a file over bit for bit, null packets and unknown PIDs included")
    func file() async throws {
        let bytes = try original()
        let pids = Set(Stream.packets(bytes).map(\.header.pid))
        #expect(pids.isSuperset(of: [0, 0x100, 0x101, 0x1ABC, 0x1FFF]))
        let recording = try await Recording.of(Fixture.write(bytes, "mixed.ts"))
        #expect(recording.bytes == bytes)
        #expect(recording.raggedCount == 0)
        #expect(recording.events.last == .ended)
        #expect(recording.discontinuities.isEmpty)
    }

    @Test("leaves the first pass of a repeated file as it is")
    func firstPass() async throws {
        let bytes = try original()
        let path = Fixture.write(bytes, "mixed-loop.ts")
        let recording = try await Recording.of(path, .loop, limit: bytes.count * 2)
        #expect(Array(recording.bytes.prefix(bytes.count)) == bytes)
        #expect(recording.bytes.count >= bytes.count * 2)
        #expect(Stream.counterErrors(recording.bytes) == 0)
    }

    @Test("drops what is no packet, goes on with the next, and says so")
    func resynchronises() async throws {
        let bytes = try original()
        let half = bytes.count / 376 * 188
        let garbage = [UInt8](repeating: 0x11, count: 77)
        let damaged = Array(bytes[..<half]) + garbage + Array(bytes[half...])
        let recording = try await Recording.of(Fixture.write(garbage + damaged, "damaged.ts"))
        #expect(recording.bytes == bytes)
        #expect(recording.discontinuities.count == 1)
    }

    @Test("hands over standard input bit for bit, however it is cut up")
    func standardInput() async throws {
        let bytes = try original()
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer { close(readEnd) }
        let writer = WorkerThread {
            var rest = bytes[...]
            var size = 1
            while !rest.isEmpty {
                Fixture.send(rest.prefix(size), to: writeEnd)
                rest = rest.dropFirst(size)
                size = size * 3 % 4_999 + 1
            }
            close(writeEnd)
        }
        let recording = Recording()
        let ingest = try Ingest.open(
            IngestOptions(source: "-"),
            pacing: .realTime,
            standardInput: readEnd
        )
        recording.start(ingest)
        try await recording.wait()
        writer?.join()
        ingest.stop()
        #expect(recording.bytes == bytes)
        #expect(recording.raggedCount == 0)
        #expect(recording.events.last == .ended)
        #expect(
            recording.events.first
                == .started(description: "live MPEG-TS from standard input: H.264, AAC")
        )
    }

    @Test("reads Matroska from standard input")
    func matroskaFromStandardInput() async throws {
        let bytes = Fixture.read(try #require(Fixture.matroska))
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer { close(readEnd) }
        let writer = WorkerThread {
            Fixture.send(bytes[...], to: writeEnd)
            close(writeEnd)
        }
        let recording = Recording()
        let ingest = try Ingest.open(
            IngestOptions(source: "-"),
            pacing: .none,
            standardInput: readEnd
        )
        recording.start(ingest)
        try await recording.wait()
        writer?.join()
        let path = Fixture.write(recording.bytes, "piped.ts")
        #expect(Fixture.complaints(about: path).isEmpty)
        #expect(Fixture.decodingTimes(of: path, "v").count >= 95)
    }

    @Test("hands over UDP datagrams bit for bit, and stops while it waits for more")
    func datagrams() async throws {
        let bytes = Array(try original().prefix(188 * 7 * 40))
        let (sender, port) = try #require(DatagramSender.make())
        let recording = Recording()
        let ingest = try Ingest.open(
            IngestOptions(source: "udp://127.0.0.1:\(port)"),
            pacing: .realTime
        )
        recording.start(ingest)
        for start in stride(from: 0, to: bytes.count, by: 188 * 7) {
            sender.send(bytes[start..<start + 188 * 7])
        }
        try await recording.wait { $0.bytes.count >= bytes.count }
        ingest.stop()
        #expect(recording.bytes == bytes)
        #expect(!recording.isOver)
        #expect(recording.discontinuities.isEmpty)
    }

    @Test("stops while a pipe is silent, and reports nothing afterwards")
    func stopsOnSilence() async throws {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let recording = Recording()
        // Nothing comes for two seconds, so the check is put off until the pipe speaks.
        let ingest = try Ingest.open(
            IngestOptions(source: "-"),
            pacing: .realTime,
            standardInput: ends[0]
        )
        recording.start(ingest)
        ingest.stop()
        Fixture.send(Stream.packet(pid: 0)[...], to: ends[1])
        #expect(recording.events.isEmpty)
        #expect(recording.bytes.isEmpty)
    }
}

/// Sends datagrams to a port of this machine that was free a moment ago.
struct DatagramSender {
    private let descriptor: Int32
    private let target: sockaddr_in

    /// Finds a free port; nil when there is none.
    static func make() -> (sender: DatagramSender, port: UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name -> Int32 in
                bind(descriptor, name, size) == 0 ? getsockname(descriptor, name, &size) : -1
            }
        }
        close(descriptor)
        let sending = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard code == 0, sending >= 0 else { return nil }
        return (
            DatagramSender(descriptor: sending, target: address),
            UInt16(bigEndian: address.sin_port)
        )
    }

    /// Sends one datagram.
    func send(_ bytes: ArraySlice<UInt8>) {
        var target = target
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = bytes.withUnsafeBytes { raw in
            withUnsafeMutablePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    sendto(descriptor, raw.baseAddress, raw.count, 0, name, size)
                }
            }
        }
    }
}
