import Basics
import CFFmpeg
import Glibc
import Synchronization

/// A program that was started for its standard output.
///
/// It runs in a process group of its own, without a shell and with nothing on its standard input.
/// It is told to end, and soon made to, when this object goes.
final class CommandProcess {
    /// How long it may take to end when it is told to.
    private static let farewellMax = TimeSpan.milliseconds(500)

    /// Its standard output.
    let output: ByteSource

    private let name: String
    private let pid: pid_t
    private var status: Int32?
    private let words: SharedWords
    private let listener: WorkerThread?

    /// Starts a program with arguments; the first word is its name, looked up in PATH.
    init(_ words: [String], _ signal: StopSignal) throws(IngestError) {
        let name = words.first ?? ""
        var out: [Int32] = [-1, -1]
        var err: [Int32] = [-1, -1]
        guard pipe(&out) == 0, pipe(&err) == 0 else {
            throw IngestError(.io, "no pipe could be made (\(SystemError.current))")
        }
        for end in out + err { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = CommandProcess.spawn(words, output: out[1], complaints: err[1])
        close(out[1])
        close(err[1])
        guard case .success(let pid) = started else {
            close(out[0])
            close(err[0])
            throw CommandProcess.failure(name, started)
        }
        self.name = name
        self.pid = pid
        let source = try ByteSource(out[0], name: name, ownership: .owned, signal: signal)
        output = source
        let complaints = SharedWords()
        self.words = complaints
        let end = err[0]
        listener = WorkerThread { CommandProcess.listen(to: end, complaints) }
    }

    deinit { stop() }

    /// Waits for its end and says what it was.
    func conclude() -> EncoderSession.End {
        stop()
        guard let status else { return .lost("it has ended") }
        // wait(2): the low seven bits are the signal, the next byte the exit code.
        let (signal, code) = (status & 0x7F, status >> 8 & 0xFF)
        if signal == 0, code == 0 { return .finished }
        let last = words.line
        let how = signal != 0 ? "it was ended by signal \(signal)" : "it ended with status \(code)"
        return .lost(last.isEmpty ? how : "\(how): \(last)")
    }

    /// Tells it to end unless it has; kills it when it does not.
    private func stop() {
        guard status == nil else { return }
        let due = MonotonicClock.now + CommandProcess.farewellMax
        var isTold = false
        while !hasEnded {
            // Its output is over, so it has a moment to end by itself.
            if MonotonicClock.now + .milliseconds(300) >= due, !isTold {
                kill(-pid, SIGTERM)
                isTold = true
            }
            guard MonotonicClock.now < due else {
                kill(-pid, SIGKILL)
                var last: Int32 = 0
                if waitpid(pid, &last, 0) == pid { status = last }
                break
            }
            usleep(5_000)
        }
        // Whatever it started itself goes with it.
        kill(-pid, SIGKILL)
        listener?.join()
    }

    private var hasEnded: Bool {
        var last: Int32 = 0
        guard waitpid(pid, &last, WNOHANG) == pid else { return false }
        status = last
        return true
    }

    private static func listen(to descriptor: Int32, _ words: SharedWords) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            words.append(buffer[..<count])
        }
        close(descriptor)
    }

    private static func spawn(
        _ words: [String],
        output: Int32,
        complaints: Int32
    ) -> Result<pid_t, SpawnError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The thread that starts it blocks all signals, and the child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var usual = sigset_t()
        sigfillset(&usual)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(
            &pid,
            words.first ?? "",
            &actions,
            &attributes,
            &arguments,
            candela_environment()
        )
        return code == 0 ? .success(pid) : .failure(SpawnError(code: code))
    }

    private struct SpawnError: Error {
        let code: Int32
    }

    private static func failure(
        _ name: String,
        _ result: Result<pid_t, SpawnError>
    ) -> IngestError {
        guard case .failure(let error) = result, error.code != ENOENT else {
            return IngestError(.notFound, "--exec: there is no program \(name); check its name")
        }
        let reason = SystemError.text(of: error.code)
        return IngestError(.notReadable, "--exec: \(name) cannot be started (\(reason))")
    }
}

/// The last line that a program wrote.
final class SharedWords: Sendable {
    private static let countMax = 200
    private let bytes = Mutex<[UInt8]>([])

    /// Takes what it wrote.
    func append(_ more: ArraySlice<UInt8>) {
        bytes.withLock { $0 = Array(($0 + more).suffix(4 * SharedWords.countMax)) }
    }

    /// The last line that is not empty, cut to a bearable length.
    var line: String {
        let text = bytes.withLock { String(decoding: $0, as: UTF8.self) }
        let last = text.split(whereSeparator: \.isNewline).last ?? ""
        return String(last.prefix(SharedWords.countMax).filter { !$0.isNewline })
    }
}
