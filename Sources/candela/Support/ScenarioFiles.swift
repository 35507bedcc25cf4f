import FoundationEssentials
import Glibc
import Simulation

/// Where scenarios come from and pages about them go.
enum ScenarioFiles {
    private static let suffix = ".scenario"

    /// The scenario in a file, or of a name.
    static func scenario(
        _ argument: String,
        settings: [(key: String, value: String)]
    ) throws(CommandFailure) -> Scenario {
        let path = try path(of: argument)
        let text = try TextFile.read(path, most: Scenario.sizeMax + 1)
        do {
            return try Scenario(
                parsing: text,
                name: name(of: argument),
                file: path,
                settings: settings
            )
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    /// What a scenario is called: the file's name without its end.
    static func name(of argument: String) -> String {
        let last = argument.split(separator: "/").last.map(String.init) ?? argument
        return last.hasSuffix(suffix) ? String(last.dropLast(suffix.count)) : last
    }

    /// The names in `Config/scenarios`, in order.
    static func names() -> [String] {
        guard let folder,
            let files = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        return files.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
            .sorted()
    }

    private static func path(of argument: String) throws(CommandFailure) -> String {
        if argument.contains("/") || argument.hasSuffix(suffix) { return argument }
        if names().contains(argument), let folder { return "\(folder)/\(argument)\(suffix)" }
        let known = names()
        let hint = known.isEmpty ? "no folder Config/scenarios here" : "try --list"
        throw CommandFailure(.usage, "there is no scenario '\(argument)'; \(hint)")
    }

    /// `Config/scenarios` below the working folder, or else below a folder above the executable.
    private static var folder: String? {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        var folders = ["."]
        var parts = (program ?? "").split(separator: "/").dropLast()
        while !parts.isEmpty {
            folders.append("/" + parts.joined(separator: "/"))
            parts = parts.dropLast()
        }
        return folders.map { $0 + "/Config/scenarios" }.first { path in
            var isFolder = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
        }
    }

    /// Fails early when nothing could be written there.
    static func checkWritable(_ path: String) throws(CommandFailure) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        guard access(String(folder), W_OK) == 0 else {
            throw CommandFailure(.io, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Writes a file as a whole or not at all.
    static func write(_ text: String, to path: String) throws(CommandFailure) {
        let draft = "\(path).\(getpid()).part"
        let isWritten = FileManager.default.createFile(atPath: draft, contents: Data(text.utf8))
        guard isWritten, rename(draft, path) == 0 else {
            unlink(draft)
            throw CommandFailure(.io, "\(path): \(String(cString: strerror(errno)))")
        }
    }
}
