import Glibc

/// The file that `--link-file` names.
enum LinkFile {
    /// Writes the link so that a reader sees all of it or nothing.
    static func write(_ link: String, to path: String) throws(CommandFailure) {
        let temporary = "\(path).\(getpid()).new"
        let handle = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644)
        let bytes = Array((link + "\n").utf8)
        let isWritten =
            handle >= 0
            && bytes.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
                == bytes.count
        let cause = String(cString: strerror(errno))
        if handle >= 0 { close(handle) }
        guard isWritten, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw CommandFailure(.io, "cannot write the link to \(path): \(cause)")
        }
    }

    /// Removes the file at the end, if it is still ours.
    static func remove(_ path: String, ifHolding link: String) {
        if let text = try? TextFile.read(path, most: 8_192), text == link + "\n" { unlink(path) }
    }
}
