import Basics
import Glibc
import Secrecy

/// The folder of keys and control sockets.
///
/// `--state-dir`, else `$XDG_STATE_HOME/candela`, else `~/.local/state/candela`. Only its owner may
/// enter it.
struct StateDirectory {
    let path: String

    /// Finds the folder without touching it.
    init(_ chosen: String?) throws(CommandFailure) {
        if let chosen {
            guard !chosen.isEmpty else {
                throw CommandFailure(.usage, "--state-dir is empty; name a folder")
            }
            path = chosen
        } else if let state = Environment.value("XDG_STATE_HOME") {
            path = state + "/candela"
        } else if let home = Environment.value("HOME") {
            path = home + "/.local/state/candela"
        } else {
            throw CommandFailure(
                .configuration,
                "neither HOME nor XDG_STATE_HOME is set; use --state-dir DIR"
            )
        }
    }

    /// Makes the folder and its parents, for the owner alone, and checks that it can be written.
    func prepare() throws(CommandFailure) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made == "/" ? "" : "/") + part
            if mkdir(made, 0o700) != 0, errno != EEXIST { throw unusable() }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw unusable() }
    }

    private func unusable() -> CommandFailure {
        let cause = String(cString: strerror(errno))
        return CommandFailure(
            .io,
            "cannot write the state directory \(path): \(cause); use --state-dir DIR"
        )
    }

    /// The secret of a name, made on first use; refused when others may read it.
    func secret(_ name: String) throws(CommandFailure) -> [UInt8] {
        let file = "\(path)/\(name).key"
        var status = stat()
        if lstat(file, &status) == 0 { return try read(file, status) }
        let secret = SystemEntropy.bytes(32)
        try write(Hex.string(secret) + "\n", to: file)
        return secret
    }

    private func read(_ file: String, _ status: stat) throws(CommandFailure) -> [UInt8] {
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.refused, "\(file) is not a plain file; move it away")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CommandFailure(
                .refused,
                "\(file) can be read by others; run: chmod 600 \(file)"
            )
        }
        let text = try TextFile.read(file, most: 4_096)
        guard let bytes = Hex.bytes(text.filter { !$0.isWhitespace }), bytes.count == 32 else {
            throw CommandFailure(
                .data,
                "\(file) does not hold a key of 64 hexadecimal digits; restore or remove it"
            )
        }
        return bytes
    }

    /// The number of this start of the source: one more than the last, persisted before it is used.
    func nextEpoch(channel: ChannelID) throws(CommandFailure) -> UInt32 {
        let file = "\(path)/\(channel).epoch"
        let before = access(file, F_OK) == 0 ? try TextFile.read(file, most: 64) : "0"
        guard let number = UInt32(before.filter { !$0.isWhitespace }), number < .max else {
            throw CommandFailure(.data, "\(file) does not hold a number; remove it")
        }
        try write("\(number + 1)\n", to: file)
        return number + 1
    }

    /// Writes a file so that a crash leaves the old one or the new one, never half of it.
    private func write(_ text: String, to file: String) throws(CommandFailure) {
        let temporary = "\(file).\(getpid()).new"
        unlink(temporary)
        let handle = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
        guard handle >= 0 else { throw unusable() }
        defer { close(handle) }
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(handle) == 0, rename(temporary, file) == 0 else {
            unlink(temporary)
            throw unusable()
        }
    }

    /// Holds a lock for the life of the process, so that two sources never share an epoch.
    func lock(_ name: String) throws(CommandFailure) {
        let file = "\(path)/\(name).lock"
        let handle = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard handle >= 0 else { throw unusable() }
        guard flock(handle, LOCK_EX | LOCK_NB) == 0 else {
            throw CommandFailure(
                .refused,
                "another broadcast uses \(path); stop it, or use another --state-dir"
            )
        }
    }

    /// Where the control socket of a running process is.
    func socketPath(_ verb: String) -> String { "\(path)/run/\(verb)-\(getpid()).sock" }

    /// The control sockets there, sources before trackers before viewers, newest process first.
    func sockets() -> [String] {
        let folder = path + "/run"
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while names.count < 1_000, let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".sock") { names.append(name) }
        }
        let ranks = ["demo", "broadcast", "tracker", "join"]
        func key(_ name: String) -> (Int, Int, Int) {
            let parts = name.dropLast(5).split(separator: "-")
            let rank = ranks.firstIndex { $0 == parts.first.map(String.init) ?? "" } ?? 9
            // Of a process of several channels, the first channel comes first.
            let number = parts.count > 2 ? Int(parts[1]) ?? 0 : 0
            return (rank, -(Int(parts.last ?? "") ?? 0), number)
        }
        return names.sorted { key($0) < key($1) }.map { "\(folder)/\($0)" }
    }
}

/// Environment variables.
enum Environment {
    /// The value of a variable; nil when it is unset or empty.
    static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }
}

/// Small text files.
enum TextFile {
    /// Reads a file whole, at most `most` bytes of it.
    static func read(_ path: String, most: Int) throws(CommandFailure) -> String {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else {
            let cause = String(cString: strerror(errno))
            throw CommandFailure(.io, "cannot read \(path): \(cause)")
        }
        defer { close(handle) }
        var buffer = [UInt8](repeating: 0, count: most)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(handle, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
