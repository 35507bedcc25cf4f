import Glibc
import Synchronization

@testable import MediaIO

/// Runs a source and keeps what it hands over, up to a limit.
final class Recording: Sendable {
    private struct Contents {
        var bytes: [UInt8] = []
        var events: [IngestEvent] = []
        var raggedCount = 0
        var isOver = false
    }

    private let limit: Int
    private let contents = Mutex(Contents())

    /// Keeps at most so many bytes; a source is over when it has handed over as many.
    init(limit: Int = .max) { self.limit = limit }

    /// What was handed over.
    var bytes: [UInt8] { contents.withLock(\.bytes) }
    /// What was reported.
    var events: [IngestEvent] { contents.withLock(\.events) }
    /// How often something other than whole packets was handed over.
    var raggedCount: Int { contents.withLock(\.raggedCount) }
    /// Whether the source ended, failed or reached the limit.
    var isOver: Bool { contents.withLock(\.isOver) }

    /// The reasons of all discontinuities.
    var discontinuities: [String] {
        events.compactMap { event in
            guard case .discontinuity(let reason) = event else { return nil }
            return reason
        }
    }

    /// Starts a source into this recording.
    func start(_ ingest: Ingest) {
        ingest.start(
            onPackets: { packets in self.keep(packets) },
            onEvent: { event in
                self.contents.withLock { contents in
                    contents.events.append(event)
                    if event == .ended { contents.isOver = true }
                    if case .failed = event { contents.isOver = true }
                }
            }
        )
    }

    /// Waits until the source is over or a condition holds, at most half a minute.
    func wait(until condition: (Recording) -> Bool = { _ in false }) async throws {
        for _ in 0..<6_000 where !isOver && !condition(self) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func keep(_ packets: [UInt8]) {
        contents.withLock { contents in
            if !packets.count.isMultiple(of: 188) { contents.raggedCount += 1 }
            if contents.bytes.count < limit { contents.bytes += packets }
            if contents.bytes.count >= limit { contents.isOver = true }
        }
    }

    /// Runs a source as fast as it goes until it is over.
    static func of(
        _ source: String,
        _ repetition: IngestOptions.Repetition = .once,
        limit: Int = .max
    ) async throws -> Recording {
        let recording = Recording(limit: limit)
        let options = IngestOptions(source: source, repetition: repetition)
        let ingest = try Ingest.open(options, pacing: .none)
        recording.start(ingest)
        try await recording.wait()
        ingest.stop()
        return recording
    }
}

/// What a test says about a packet stream.
enum Stream {
    /// The packets of a stream, each with where it begins.
    static func packets(_ bytes: [UInt8]) -> [(start: Int, header: TransportPacket)] {
        stride(from: 0, to: bytes.count, by: 188).compactMap { start in
            TransportPacket(bytes, at: start).map { (start, $0) }
        }
    }

    /// How often a continuity counter does not follow the one before, per the standard.
    static func counterErrors(_ bytes: [UInt8]) -> Int {
        var last: [Int: UInt8] = [:]
        var errors = 0
        for (_, header) in packets(bytes) where header.pid != 0x1FFF {
            if let before = last[header.pid] {
                let due = header.payloadOffset == nil ? before : (before + 1) & 15
                if header.continuity != due { errors += 1 }
            }
            last[header.pid] = header.continuity
        }
        return errors
    }

    /// A packet of a PID with a counter and a payload of one repeated byte.
    static func packet(pid: Int, counter: UInt8 = 0, filled byte: UInt8 = 0xAA) -> [UInt8] {
        [0x47, UInt8(pid >> 8), UInt8(pid & 0xFF), 0x10 | counter & 15]
            + [UInt8](repeating: byte, count: 184)
    }

    /// A packet that carries a PCR in 27 MHz ticks and no payload.
    static func clockPacket(pid: Int, ticks: Int64, flags: UInt8 = 0x10) -> [UInt8] {
        let (base, extra) = (ticks / 300, ticks % 300)
        let clock: [UInt8] = [
            UInt8(truncatingIfNeeded: base >> 25), UInt8(truncatingIfNeeded: base >> 17),
            UInt8(truncatingIfNeeded: base >> 9), UInt8(truncatingIfNeeded: base >> 1),
            UInt8(base & 1) << 7 | 0x7E | UInt8(extra >> 8), UInt8(extra & 0xFF),
        ]
        return [0x47, UInt8(pid >> 8), UInt8(pid & 0xFF), 0x20, 183, flags] + clock
            + [UInt8](repeating: 0xFF, count: 176)
    }
}
