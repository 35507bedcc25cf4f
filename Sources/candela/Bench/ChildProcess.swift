import Glibc

/// A process that a benchmark has started.
final class ChildProcess {
    /// What to start, and what its standard streams are; nil is nothing.
    struct Plan {
        var arguments: [String]
        var input: Int32?
        var output: Int32?
        /// A file for what it says on standard error.
        var errorFile: String?
    }

    let pid: pid_t
    private let errorFile: String?
    private var waitStatus: Int32?

    /// This very program, also when its file has been replaced since.
    static let own = "/proc/self/exe"

    init(_ plan: Plan) throws(CommandFailure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        ChildProcess.add(plan.input, as: STDIN_FILENO, &actions)
        ChildProcess.add(plan.output, as: STDOUT_FILENO, &actions)
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(
            &actions,
            STDERR_FILENO,
            plan.errorFile ?? "/dev/null",
            writing,
            0o600
        )
        var arguments = plan.arguments.map { strdup($0) } + [nil]
        var environment = ChildProcess.environment.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var number: pid_t = 0
        let failed = posix_spawnp(
            &number,
            plan.arguments[0],
            &actions,
            nil,
            &arguments,
            &environment
        )
        guard failed == 0 else {
            let cause = String(cString: strerror(failed))
            throw CommandFailure(.io, "cannot start \(plan.arguments[0]): \(cause)")
        }
        pid = number
        errorFile = plan.errorFile
    }

    private static func add(
        _ handle: Int32?,
        as target: Int32,
        _ actions: inout posix_spawn_file_actions_t
    ) {
        if let handle {
            posix_spawn_file_actions_adddup2(&actions, handle, target)
        } else {
            posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
        }
    }

    private static var environment: [String] {
        ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"].compactMap { name in
            Environment.value(name).map { "\(name)=\($0)" }
        }
    }

    /// Whether it runs; never waits.
    var isRunning: Bool {
        guard waitStatus == nil else { return false }
        var status: Int32 = 0
        if waitpid(pid, &status, WNOHANG) == pid { waitStatus = status }
        return waitStatus == nil
    }

    /// Whether it has ended by itself, and well.
    var hasSucceeded: Bool { !isRunning && waitStatus == 0 }

    /// Ends it at once and waits until it is gone.
    func end() {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        if waitpid(pid, &status, 0) == pid { waitStatus = status }
    }

    /// Asks it to end.
    func ask() { if isRunning { kill(pid, SIGTERM) } }

    /// Waits until it ends by itself; false when it takes too long.
    func wait(seconds: Double) -> Bool {
        let limit = BenchClock.now + Int64(seconds * 1e9)
        while isRunning {
            guard BenchClock.now < limit else { return false }
            usleep(5_000)
        }
        return true
    }

    /// CPU time that it has used, in seconds; nil once it is gone.
    var cpuSeconds: Double? {
        guard isRunning, let text = try? TextFile.read("/proc/\(pid)/stat", most: 4_096),
            let end = text.lastIndex(of: ")")
        else { return nil }
        // Behind the name: state is field 3, user and system time are 14 and 15 (proc(5)).
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The last line that it said on standard error.
    var lastWords: String {
        guard let errorFile, let text = try? TextFile.read(errorFile, most: 65_536) else {
            return ""
        }
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }
}

/// A pipe whose ends are not inherited by other children.
struct BenchPipe {
    let readEnd: Int32
    let writeEnd: Int32

    /// 1 MiB, so that neither side waits for the other's scheduling.
    private static let size: Int32 = 1 << 20
    /// Linux's F_SETPIPE_SZ, which is not in every C library's module.
    private static let setSize: Int32 = 1_031

    init() throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw CommandFailure(.io, "cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(writeEnd, BenchPipe.setSize, BenchPipe.size)
    }
}
