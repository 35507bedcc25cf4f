import Glibc
import NIOCore

/// A file without a name that holds a part of the stream; it goes with the last one who holds it.
final class Segment: Sendable {
    /// Why there is no file.
    struct Failure: Error {
        /// The cause in words.
        let cause: String
    }

    /// So much must stay free on the disk, for others.
    static let reserve = 64 << 20

    private let descriptor: Int32

    /// Makes a file in a folder.
    init(in folder: String) throws(Failure) {
        let descriptor = Segment.openUnnamed(in: folder)
        guard descriptor >= 0 else { throw Failure(cause: String(cString: strerror(errno))) }
        self.descriptor = descriptor
        var system = statvfs()
        if fstatvfs(descriptor, &system) == 0,
            UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
                .partialValue < UInt64(Segment.reserve)
        {
            throw Failure(cause: "the disk is almost full")
        }
    }

    deinit { close(descriptor) }

    /// Opens a new file and takes its name away at once, so that the system frees it whatever ends
    /// the process.
    private static func openUnnamed(in folder: String) -> Int32 {
        var generator = SystemRandomNumberGenerator()
        let name = "\(folder)/\(String(generator.next() as UInt64, radix: 36)).part"
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = open(name, flags, 0o600)
        if descriptor >= 0 { unlink(name) }
        return descriptor
    }

    /// Writes all bytes at a position.
    func write(_ buffer: ByteBuffer, at position: Int) throws(Failure) {
        var done = 0
        while done < buffer.readableBytes {
            let count = buffer.withUnsafeReadableBytes { bytes in
                pwrite(
                    descriptor,
                    bytes.baseAddress?.advanced(by: done),
                    bytes.count - done,
                    position + done
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(cause: String(cString: strerror(errno))) }
            done += count
        }
    }

    /// Reads up to `count` bytes at a position; none when the disk fails.
    func read(_ position: Int, _ count: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            max(0, pread(descriptor, bytes.baseAddress, min(count, bytes.count), position))
        }
        return buffer
    }
}
