import Glibc
import Testing

/// A dashboard in a process of its own on a pseudo-terminal: what it writes is read, keys are typed,
/// bytes and processor time are counted.
///
/// The process is this very test program, told by its environment to run one test only: that of
/// `DashboardChild`.
final class PseudoTerminal {
    /// What the dashboard does and sees.
    struct Settings {
        var peers = 24
        var width = 120
        var height = 40
        var term = "xterm-256color"
        /// Words for `DashboardChild`.
        var play: [String] = []
        /// The program and its words, in place of `DashboardChild`.
        var command: [String]?
        /// More of the environment.
        var environment: [String: String] = [:]

        /// A dashboard of so many peers on which something is played.
        static func playing(
            peers: Int = 24,
            _ play: [String] = [],
            _ change: (inout Settings) -> Void = { _ in }
        ) -> Settings {
            var settings = Settings()
            settings.peers = peers
            settings.play = play
            change(&settings)
            return settings
        }
    }

    /// What takes the screen.
    static let alternate = "\u{1B}[?1049h"
    /// What a child says before it starts.
    static let start = "dashboard starts"

    let master: Int32
    /// When the child was about to start, and when its first screen was complete.
    private(set) var startedAt = 0.0
    private(set) var paintedAt = 0.0
    private(set) var child: pid_t = 0
    private(set) var output: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Given to `posix_spawn`: the child becomes the leader of a session, so that the terminal that it
    /// opens is its own.
    private static let newSession: Int16 = 0x80

    /// TIOCSPTLCK and TIOCGPTN of Linux: unlock the other end, and tell its number.
    private static let lock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430

    init?(_ settings: Settings) {
        master = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, Self.lock, &locked) == 0,
            ioctl(master, Self.number, &number) == 0
        else { return nil }
        resize(settings.width, settings.height)
        guard spawn(on: "/dev/pts/\(number)", settings) else { return nil }
    }

    deinit {
        if child > 0 {
            kill(child, SIGKILL)
            var status: Int32 = 0
            waitpid(child, &status, 0)
        }
        close(master)
    }

    /// Opens a terminal on which a dashboard has painted its first screen.
    static func open(_ settings: Settings = .playing()) async throws -> PseudoTerminal {
        let terminal = try #require(PseudoTerminal(settings))
        if settings.command == nil { #expect(await terminal.sees(Self.start)) }
        terminal.startedAt = Self.now()
        while terminal.take(within: 20), !terminal.wrote("quit") {}
        // The key bar is the last thing that is painted.
        #expect(await terminal.sees("quit"))
        terminal.paintedAt = Self.now()
        #expect(terminal.wrote(Self.alternate))
        terminal.forget(before: Self.alternate)
        return terminal
    }

    private func spawn(on path: String, _ settings: Settings) -> Bool {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&actions, descriptor, path, O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        let words = settings.command ?? Self.ownWords
        var variables = settings.environment
        variables["DASHBOARD_CHILD"] = (["\(settings.peers)"] + settings.play).joined(
            separator: " "
        )
        variables["TERM"] = settings.term
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] where variables[name] == nil {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        if variables["LC_ALL"] == nil { variables["LC_ALL"] = "C.UTF-8" }
        if variables["SWIFT_BACKTRACE"] == nil { variables["SWIFT_BACKTRACE"] = "enable=no" }
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        return posix_spawn(
            &child,
            settings.command?.first ?? "/proc/self/exe",
            &actions,
            &attributes,
            &arguments,
            &environment
        ) == 0
    }

    /// This test program, told to run one test only.
    static var ownWords: [String] {
        var words = CommandLine.arguments
        if let at = words.firstIndex(of: "--filter") { words.removeSubrange(at...) }
        words += ["--filter", "DashboardChild"]
        if !words.contains("--testing-library") { words += ["--testing-library", "swift-testing"] }
        return words
    }

    /// Tells the terminal's size, and with it the child.
    func resize(_ width: Int, _ height: Int) {
        var size = winsize()
        size.ws_col = UInt16(width)
        size.ws_row = UInt16(height)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Types.
    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }

    /// Takes what is there, waiting up to so many milliseconds for it; whether anything came.
    ///
    /// Blocks the thread: for measuring, and never for long.
    @discardableResult
    func take(within milliseconds: Int32 = 0) -> Bool {
        var source = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&source, 1, milliseconds) > 0 else { return false }
        let count = Glibc.read(master, &buffer, buffer.count)
        guard count > 0 else { return false }
        output += buffer[..<count]
        return true
    }

    /// Takes what comes for so long, or until a condition holds; whether it held.
    ///
    /// Others use the thread meanwhile, so that many terminals may be watched at once.
    @discardableResult
    func take(seconds: Double, until isEnough: () -> Bool) async -> Bool {
        let end = Self.now() + seconds
        while !isEnough() {
            if take() { continue }
            guard Self.now() < end else { return isEnough() }
            try? await Task.sleep(for: .milliseconds(3))
        }
        return true
    }

    /// Takes what comes for so long; how many bytes it was.
    @discardableResult
    func take(seconds: Double) async -> Int {
        let start = output.count
        await take(seconds: seconds) { false }
        return output.count - start
    }

    /// Waits until a text was written since an offset; whether it was, in a generous time.
    func sees(_ text: String, since offset: Int = 0) async -> Bool {
        await take(seconds: 40) { wrote(text, since: offset) }
    }

    /// Waits until the child has ended; its status, or nil when it does not end in a generous time.
    func end() async -> Int32? {
        var status: Int32 = 0
        let hasEnded = await take(seconds: 40) { waitpid(child, &status, WNOHANG) == child }
        guard hasEnded else { return nil }
        child = 0
        // What it wrote last is still in the terminal.
        while take(within: 20) {}
        return status
    }

    /// Whether the terminal echoes and edits lines, as a shell left it.
    var isCooked: Bool {
        var modes = termios()
        guard tcgetattr(master, &modes) == 0 else { return false }
        return modes.c_lflag & tcflag_t(ECHO) != 0 && modes.c_lflag & tcflag_t(ICANON) != 0
    }

    /// Seconds of processor time that the child has used.
    var processorTime: Double? {
        guard let file = fopen("/proc/\(child)/stat", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1_024)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[close...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else {
            return nil
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Seconds of processor time that all threads of the child have used, in the scheduler's finer measure.
    var threadTime: Double {
        let folder = "/proc/\(child)/task"
        guard let list = opendir(folder) else { return 0 }
        defer { closedir(list) }
        var sum = 0.0
        while let entry = readdir(list) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.first != ".", let file = fopen("\(folder)/\(name)/schedstat", "re") else {
                continue
            }
            var nanoseconds = 0.0
            var line = [CChar](repeating: 0, count: 128)
            if fgets(&line, Int32(line.count), file) != nil { nanoseconds = strtod(line, nil) }
            fclose(file)
            sum += nanoseconds / 1e9
        }
        return sum
    }

    /// Drops what was written before a text: the words of the test program itself.
    func forget(before text: String) {
        let wanted = Array(text.utf8)
        let start = output.indices.first { output[$0...].starts(with: wanted) }
        if let start { output.removeFirst(start) }
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func contains(_ bytes: ArraySlice<UInt8>, _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        return bytes.indices.dropLast(wanted.count - 1).contains { start in
            bytes[start] == first && bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    /// Where a text was written first; nil when it was not.
    func place(of text: String) -> Int? {
        let bytes = Array(text.utf8)
        return output.indices.first { output[$0...].starts(with: bytes) }
    }

    /// Whether a text was written since an offset.
    func wrote(_ text: String, since offset: Int = 0) -> Bool {
        Self.contains(output[min(offset, output.count)...], Array(text.utf8))
    }
}
