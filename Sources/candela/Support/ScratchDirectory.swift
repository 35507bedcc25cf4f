import Glibc

/// A folder for the life of a command.
struct ScratchDirectory {
    let path: String

    init() throws(CommandFailure) {
        let base = Environment.value("TMPDIR") ?? "/tmp"
        var template = Array("\(base)/candela-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.io, "cannot make a folder in \(base); set TMPDIR")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes the folder and the files in it, one level of folders deep.
    func remove() { ScratchDirectory.remove(path, depth: 2) }

    private static func remove(_ path: String, depth: Int) {
        if let handle = opendir(path), depth > 0 {
            while let entry = readdir(handle) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard name != ".", name != ".." else { continue }
                let child = "\(path)/\(name)"
                if unlink(child) != 0 { remove(child, depth: depth - 1) }
            }
            closedir(handle)
        }
        rmdir(path)
    }
}
