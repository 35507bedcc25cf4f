import Glibc
import Synchronization
public import Telemetry

/// A file that a swarm's life is recorded to, a line a second; see `Recording` for the format.
///
/// Each line is written at once: what was recorded survives a crash but for the last line.
public final class RecordingFile: Sendable {
    /// How the writing stands.
    private struct Progress: Sendable {
        var hasHead = false
        var timeLast = -Double.infinity
        var failure: RecordingError?
    }

    private let descriptor: Int32
    private let progress = Mutex(Progress())

    /// Moments closer together than this are not both recorded, in seconds: who asks every second sees
    /// snapshots that are made every 0.4 s in steps of 0.8 s and 1.2 s.
    private static let least = 0.75

    /// Starts a new file; one that exists is refused, so that no recording is lost.
    ///
    /// - Throws: Why the file cannot be written.
    public init(path: String) throws(RecordingError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RecordingError(line: 0, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Why recording stopped; nil while it goes on.
    public var failure: RecordingError? { progress.withLock { $0.failure } }

    /// Adds a moment, unless the last one was less than 0.75 s ago or writing has failed.
    public func append(_ snapshot: SwarmSnapshot, at time: Double) {
        progress.withLock { progress in
            guard progress.failure == nil, time.isFinite,
                time - progress.timeLast >= RecordingFile.least
            else { return }
            var bytes = Recording.line(snapshot, at: time)
            if !progress.hasHead {
                bytes = Recording.headLine(channel: snapshot.channel, name: snapshot.name) + bytes
            }
            progress.failure = write(bytes)
            progress.hasHead = true
            progress.timeLast = time
        }
    }

    private func write(_ bytes: [UInt8]) -> RecordingError? {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                return RecordingError(line: 0, "recording: \(String(cString: strerror(errno)))")
            }
            done += count
        }
        return nil
    }
}

extension Recording {
    /// Reads a file.
    ///
    /// - Throws: Why it cannot be read, or the first thing that is wrong in it, with its line.
    public init(path: String) throws(RecordingError) {
        guard let file = fopen(path, "re") else {
            throw RecordingError(line: 0, "\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&part, 1, part.count, file)
            if count == 0 { break }
            bytes += part[..<count]
            guard bytes.count <= Recording.bytesMax else {
                throw RecordingError(
                    line: 0,
                    "\(path): larger than \(Recording.bytesMax >> 20) MiB"
                )
            }
        }
        guard ferror(file) == 0 else {
            throw RecordingError(line: 0, "\(path): \(String(cString: strerror(errno)))")
        }
        do throws(RecordingError) {
            try self.init(bytes)
        } catch {
            throw RecordingError(line: error.line, "\(error.reason) (\(path))")
        }
    }

    /// The largest file that is read: a day of a hundred peers.
    private static let bytesMax = 1 << 30
}
