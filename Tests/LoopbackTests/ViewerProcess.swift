import BuiltProgram
import Glibc
import Testing

/// `candela join` as a process of its own, to be killed.
final class ViewerProcess: Sendable {
    /// The name that others see.
    static let name = "victim"

    private let pid: pid_t

    /// Starts it.
    init(link: String) throws {
        let program = try BuiltProgram.path()
        let words = [
            program, "join", link, "--stdout", "--quiet", "--name",
            ViewerProcess.name,
            "--latency", "0", "--listen", "127.0.0.1:0", "--seconds", "40",
            "--state-dir", "\(Programme.folder)/victim",
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for handle in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, handle, "/dev/null", O_RDWR, 0)
        }
        var arguments = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        defer { for text in arguments { free(text) } }
        var number: pid_t = 0
        let failed = posix_spawn(&number, program, &actions, nil, &arguments, &environment)
        try #require(failed == 0, "cannot start \(program)")
        pid = number
    }

    /// Ends it without a goodbye; a second time does nothing.
    func kill() {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == 0 else { return }
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
    }
}
