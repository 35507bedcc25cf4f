import BuiltProgram
import Glibc

/// A program that runs beside the tests, with its output in files.
final class Child {
    /// A folder for files of this run; it goes when the tests end.
    static let folder: String = {
        var template = Array("/tmp/network-tests-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { return "/tmp" }
        atexit { _ = system("rm -rf \(Child.folder)") }
        return String(cString: path)
    }()

    /// The product, which lies beside the tests.
    static let candela = BuiltProgram.place

    private let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// Starts a program, by its path or its name in the places of system tools; nil when it cannot be started.
    init?(_ command: [String]) {
        let words = ["/usr/bin/env"] + command
        let number = Number.next
        outputPath = "\(Child.folder)/\(number).out"
        errorPath = "\(Child.folder)/\(number).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, flags, 0o600)
        let settings = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
            "HOME=\(Child.folder)",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var started: pid_t = 0
        guard posix_spawn(&started, words[0], &actions, nil, &arguments, &environment) == 0 else {
            return nil
        }
        pid = started
    }

    deinit { stop(SIGKILL) }

    /// What it has written so far.
    var output: String { Child.text(of: outputPath) }
    /// What it has complained about so far.
    var errors: String { Child.text(of: errorPath) }

    /// The exit status, if it has ended; above 128 for a signal.
    var ended: Int32? {
        if status == nil, waitpid(pid, &raw, WNOHANG) == pid { status = Child.code(raw) }
        return status
    }
    private var raw: Int32 = 0

    /// Ends it by a signal and waits for its end, 3 s at most, then kills it.
    func stop(_ signal: Int32 = SIGTERM) {
        guard ended == nil else { return }
        kill(pid, signal)
        for _ in 0..<300 where ended == nil { usleep(10_000) }
        guard ended == nil else { return }
        kill(pid, SIGKILL)
        waitpid(pid, &raw, 0)
        status = Child.code(raw)
    }

    /// Waits for its end by itself; nil when that takes too long.
    func wait(seconds: Double) async -> Int32? {
        await eventually(within: seconds) { self.ended != nil } ? ended : nil
    }

    /// Runs a program to its end: its status and output.
    static func run(_ words: [String]) -> (status: Int32, output: String) {
        guard let child = Child(words) else { return (127, "cannot start \(words[0])") }
        for _ in 0..<3_000 where child.ended == nil { usleep(2_000) }
        guard let status = child.ended else { return (124, "\(words) takes too long") }
        return (status, child.output + child.errors)
    }

    /// Writes a file of this run.
    static func write(_ text: String, _ name: String) -> String {
        let path = "\(folder)/\(name)"
        let handle = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(handle) }
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
        return path
    }

    private static func text(of path: String) -> String {
        let handle = open(path, O_RDONLY)
        guard handle >= 0 else { return "" }
        defer { close(handle) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 24 {
            let count = read(handle, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func code(_ raw: Int32) -> Int32 {
        raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
    }
}

/// Waits until something is so; false when it never is.
func eventually(within seconds: Double, _ condition: () -> Bool) async -> Bool {
    for _ in 0..<Int(seconds * 20) {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(50))
    }
    return condition()
}
