import Foundation

/// The files of this repository, found from where this one was compiled.
enum Repository {
    /// The folder that holds `Package.swift`.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What is text; everything else is left alone.
    private static let textExtensions: Set<String> = [
        "swift", "c", "h", "modulemap", "md", "sh", "json", "toml", "yml", "yaml", "txt", "html",
        "css", "js", "service", "scenario", "py",
    ]
    /// What is text without saying so.
    private static let textNames: Set<String> = [
        "run", ".gitignore", ".editorconfig", ".swift-format",
    ]

    /// One text file.
    struct File {
        /// The path below the root, with slashes.
        let path: String
        /// What it says.
        let text: String

        /// The name of the folder below `Sources` or `Tests`, which is the name of the target.
        var target: String {
            let parts = path.split(separator: "/")
            return parts.count > 2 ? String(parts[1]) : ""
        }
        /// The name without folders.
        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    /// All text files below a folder, in order of their paths; of the root without a folder.
    ///
    /// Folders of builds and of version control are passed over, and so is the list of resolved
    /// packages, which is not kept.
    static func files(in folder: String = "") throws -> [File] {
        let start = folder.isEmpty ? root : root.appendingPathComponent(folder)
        var files: [File] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: start.path).sorted() {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if isFolder(path) {
                guard name != ".git", !name.hasPrefix(".build"), name != ".swiftpm" else {
                    continue
                }
                files += try self.files(in: path)
            } else if isText(name), let text = try? text(of: path) {
                files.append(File(path: path, text: text))
            }
        }
        return files
    }

    /// The Swift files below `Sources` or `Tests`.
    static func swiftFiles(in folder: String) throws -> [File] {
        try files(in: folder).filter { $0.name.hasSuffix(".swift") }
    }

    /// The names of the folders in a folder, in order.
    static func folders(in folder: String) throws -> [String] {
        let path = root.appendingPathComponent(folder).path
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            .filter { isFolder("\(folder)/\($0)") }
    }

    /// What one file says.
    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func isText(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard name != "Package.resolved" else { return false }
        return textNames.contains(name) || textExtensions.contains(String(parts.last ?? ""))
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let full = root.appendingPathComponent(path).path
        return FileManager.default.fileExists(atPath: full, isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
