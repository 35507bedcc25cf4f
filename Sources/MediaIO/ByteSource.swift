import Basics
import Glibc

/// A file or a pipe being read, with its first bytes peeked at.
///
/// A file is read at positions and can be rewound; a pipe is read as bytes come, and a stop signal
/// or a deadline ends the wait.
final class ByteSource {
    /// What a read came to.
    enum Outcome: Equatable {
        /// So many bytes, at least one.
        case bytes(Int)
        /// There are no more.
        case end
        /// The stop signal was raised.
        case stopped
        /// Nothing came before the deadline.
        case timedOut
        /// The system refused, with its errno.
        case failed(Int32)
    }

    /// What can be done with the source.
    enum Nature: Equatable {
        /// A regular file of so many bytes.
        case file(size: Int64)
        /// A pipe, a terminal or a device.
        case stream
    }

    /// Who closes the descriptor.
    enum Ownership {
        /// This object, when it goes.
        case owned
        /// Somebody else.
        case borrowed
    }

    /// What the user calls it.
    let name: String
    /// What can be done with it.
    let nature: Nature
    /// Raised when reading must stop.
    let signal: StopSignal
    /// How long a stream may be silent before reading ends as timed out; nil: for ever.
    var silenceMax: TimeSpan?
    /// How many bytes a network stream has in all; nil when unknown.
    let length: Int64?
    /// When a pipe's silence becomes an error; nil: never.
    ///
    /// Set while a source is being checked.
    var deadline: Instant?

    /// The errno of the last read that failed, if any did.
    private(set) var lastFailure: Int32?

    /// Whether a read ended at the deadline.
    private(set) var hasTimedOut = false

    private let descriptor: Int32
    private let reader: NetworkReader?
    private let ownership: Ownership
    private var position: Int64 = 0
    private var head: [UInt8] = []
    private var headOffset = 0

    /// Takes a descriptor; its nature is looked up.
    init(
        _ descriptor: Int32,
        name: String,
        ownership: Ownership,
        signal: StopSignal
    ) throws(IngestError) {
        self.descriptor = descriptor
        self.name = name
        self.ownership = ownership
        self.signal = signal
        reader = nil
        length = nil
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            nature = .stream
            throw IngestError(.notReadable, "\(name): cannot be read (\(SystemError.current))")
        }
        let kind = status.st_mode & S_IFMT
        nature = kind == S_IFREG ? .file(size: Int64(status.st_size)) : .stream
        if kind == S_IFDIR {
            throw IngestError(.notReadable, "\(name): is a folder; name a media file in it")
        }
    }

    /// Takes an open address.
    init(_ reader: NetworkReader, name: String, signal: StopSignal) {
        descriptor = -1
        self.name = name
        self.signal = signal
        self.reader = reader
        ownership = .borrowed
        nature = .stream
        length = reader.size
    }

    deinit {
        if ownership == .owned { close(descriptor) }
    }

    /// Opens a path for reading.
    static func open(path: String, signal: StopSignal) throws(IngestError) -> ByteSource {
        // Without O_NONBLOCK the opening of a named pipe waits for its writer, beyond any signal.
        let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR {
                throw IngestError(.notFound, "\(path): no such file; check the path")
            }
            let reason = SystemError.text(of: code)
            throw IngestError(
                .notReadable,
                "\(path): cannot be opened (\(reason)); check its permissions"
            )
        }
        return try ByteSource(descriptor, name: path, ownership: .owned, signal: signal)
    }

    /// Reads what there is, at most a buffer full.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        if headOffset < head.count { return .bytes(readHead(into: buffer)) }
        switch nature {
        case .file: return readFile(into: buffer)
        case .stream: return readStream(into: buffer)
        }
    }

    /// The first bytes, up to a number, without consuming them; fewer at the end of the source.
    ///
    /// `timedOut` and the like come with what there was so far, which stays readable.
    func peek(_ count: Int) -> (bytes: [UInt8], outcome: Outcome) {
        if case .file = nature {
            var buffer = [UInt8](repeating: 0, count: count)
            let outcome = buffer.withUnsafeMutableBytes { readFile(into: $0) }
            position = 0
            guard case .bytes(let got) = outcome else { return ([], outcome) }
            return (Array(buffer[..<got]), outcome)
        }
        while head.count < count {
            var buffer = [UInt8](repeating: 0, count: count - head.count)
            let outcome = buffer.withUnsafeMutableBytes { readStream(into: $0) }
            guard case .bytes(let got) = outcome else { return (head, outcome) }
            head += buffer[..<got]
        }
        return (head, .bytes(head.count))
    }

    /// Moves a file to a position in bytes; nil for a pipe and a position before the start.
    func seek(to target: Int64) -> Int64? {
        guard case .file = nature, target >= 0 else { return nil }
        position = target
        return target
    }

    /// Where the next byte of a file comes from.
    var offset: Int64 { position }

    /// What to say when reading failed with an errno.
    func failure(_ code: Int32) -> IngestError {
        IngestError(.io, "\(name): reading failed (\(SystemError.text(of: code))); check the disk")
    }

    /// Whether a file begins with an MP4's `ftyp` box.
    var startsLikeMP4: Bool {
        guard case .file = nature else { return false }
        position = 0
        return peek(8).bytes.dropFirst(4) == [0x66, 0x74, 0x79, 0x70]
    }

    private func note(_ code: Int32) -> Outcome {
        lastFailure = code
        return .failed(code)
    }

    private func readHead(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, head.count - headOffset)
        buffer.copyBytes(from: head[headOffset..<headOffset + count])
        headOffset += count
        if headOffset == head.count {
            head = []
            headOffset = 0
        }
        return count
    }

    private func readFile(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        guard !signal.isRaised else { return .stopped }
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
            if count > 0 {
                position += Int64(count)
                return .bytes(count)
            }
            if count == 0 { return .end }
            if errno != EINTR { return note(errno) }
        }
    }

    private func readStream(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        let silence = silenceMax.map { MonotonicClock.now + $0 }
        let due = [deadline, silence].compactMap(\.self).min()
        if let reader {
            let outcome = reader.read(into: buffer, until: due)
            if outcome == .timedOut { hasTimedOut = true }
            return outcome
        }
        while true {
            switch signal.wait(for: descriptor, until: due) {
            case .stopped: return .stopped
            case .due:
                hasTimedOut = true
                return .timedOut
            case .readable: break
            }
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno != EINTR, errno != EAGAIN { return note(errno) }
        }
    }
}
