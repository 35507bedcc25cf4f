import BuiltProgram
import Glibc
import Testing

/// `candela` as a process of its own; what it says goes to files.
final class CandelaProcess: Sendable {
    private let pid: pid_t
    private let output: String
    private let errors: String

    /// Starts it with some words, and a state folder of its own unless one is named.
    init(_ words: [String], state: String? = nil) throws {
        let program = try BuiltProgram.path()
        let name = "\(Programme.folder)/process-\(UInt64.random(in: 0 ... .max))"
        (output, errors) = (name + ".out", name + ".err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, writing, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, writing, 0o600)
        let all = [program] + words + ["--state-dir", state ?? name + ".state"]
        var arguments = all.map { strdup($0) } + [nil]
        let names: [String] = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"]
        let kept: [String] = names.compactMap { name in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
        var environment = kept.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var number: pid_t = 0
        let failed = posix_spawn(&number, program, &actions, nil, &arguments, &environment)
        try #require(failed == 0, "cannot start \(program)")
        pid = number
    }

    deinit { end(SIGKILL) }

    /// What it wrote on standard output so far.
    var said: String { String(decoding: Programme.read(output), as: UTF8.self) }
    /// What it wrote on standard error so far.
    var complaints: String { String(decoding: Programme.read(errors), as: UTF8.self) }

    /// The one line that it prints.
    func line() async throws -> String {
        try await eventually("it prints no line: \(complaints)") { said.hasSuffix("\n") }
        return String(said.dropLast())
    }

    /// Waits for its end: the exit status, 128 and more for a signal; nil when it goes on.
    func status(within seconds: Double) async throws -> Int32? {
        for _ in 0..<Int(seconds * 50) {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Ends it and waits until it is gone; a second time does nothing.
    func end(_ number: Int32 = SIGKILL) {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == 0 else { return }
        kill(pid, number)
        waitpid(pid, &status, 0)
    }
}

/// Waits until something has become true; an issue is recorded when it does not within 30 s.
func eventually(
    _ what: @autoclosure () -> String,
    _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<1_500 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("\(what())")
}
