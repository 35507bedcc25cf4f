import Glibc

/// The place of a control socket in the file system, and who may use it.
enum ControlSocket {
    /// `struct ucred` of `unix(7)`, which the Glibc module does not show.
    struct PeerCredentials: Sendable {
        /// The process that connected.
        var pid: Int32 = 0
        /// The user that it ran as.
        var uid: UInt32 = .max
        /// The group that it ran as.
        var gid: UInt32 = .max
    }

    /// The socket's device and inode, to know it again.
    struct Identity: Equatable, Sendable {
        let device: UInt
        let inode: UInt
    }

    /// The most bytes of a request line, its line feed included.
    static let requestMax = 256

    /// Makes a socket's directory, for its owner alone, and removes what a killed process left.
    static func prepare(_ path: String) throws(GatewayError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, parts.count > 1 else {
            throw GatewayError(.badAddress, "The control socket needs a directory: \(path)")
        }
        _ = try address(path)
        let directory = parts.dropLast().joined(separator: "/")
        try makeDirectory(directory.isEmpty ? "/" : directory)
        try removeStale(path)
    }

    /// The socket address of a path.
    static func address(_ path: String) throws(GatewayError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room, !bytes.contains(0) else {
            throw GatewayError(
                .badAddress,
                "The path of the control socket is longer than \(room - 1) bytes: "
                    + "choose a shorter --state-dir."
            )
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    /// Which file a path leads to; nil when there is none or it is not a socket.
    static func identity(_ path: String) -> Identity? {
        guard let status = status(path), status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
    }

    /// An I/O error from `errno`.
    static func failure(_ what: String) -> GatewayError {
        GatewayError(.io, "\(what): \(String(cString: strerror(errno)))")
    }

    // MARK: Private

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    private static func makeDirectory(_ path: String) throws(GatewayError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for count in 1...parts.count {
            let prefix = parts.prefix(count).joined(separator: "/")
            guard !prefix.isEmpty else { continue }
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST || access(prefix, F_OK) == 0 else {
                throw failure("The directory \(prefix) cannot be made")
            }
        }
        guard let status = status(path), status.st_mode & S_IFMT == S_IFDIR else {
            throw GatewayError(.unsafeDirectory, "\(path) is not a directory.")
        }
        guard status.st_uid == geteuid() else {
            throw GatewayError(.unsafeDirectory, "\(path) belongs to another user.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw GatewayError(
                .unsafeDirectory,
                "Others may enter \(path): run chmod 700 on it."
            )
        }
    }

    private static func removeStale(_ path: String) throws(GatewayError) {
        guard let status = status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw GatewayError(.io, "\(path) is in the way: it is not a socket.")
        }
        let stream = try ControlStream()
        if try stream.connect(path) {
            throw GatewayError(.alreadyRunning, "Another process already serves \(path).")
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw failure("The old socket \(path) cannot be removed")
        }
    }
}
