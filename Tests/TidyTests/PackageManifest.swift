/// The targets of `Package.swift` and what they depend on, as far as the tests need it.
struct PackageManifest {
    /// The names of all targets.
    let targets: Set<String>
    /// The targets of this package that each target declares.
    let dependencies: [String: Set<String>]

    /// Reads the text of a manifest that declares targets by `module`, `tests` and `.target`s.
    init(_ text: String) {
        let squeezed = String(text.filter { !$0.isWhitespace })
        var dependencies: [String: Set<String>] = [:]
        let openings = [
            "module(\"", "tests(\"", ".target(name:\"", ".systemLibrary(name:\"",
            ".executableTarget(name:\"",
        ]
        for opening in openings {
            for part in squeezed.components(after: opening) {
                guard let end = part.firstIndex(of: "\"") else { continue }
                let rest = part[part.index(after: end)...]
                dependencies[String(part[..<end])] = PackageManifest.names(in: rest)
            }
        }
        targets = Set(dependencies.keys)
        self.dependencies = dependencies.mapValues { [targets] in $0.intersection(targets) }
    }

    /// The quoted names in the list that follows, if one does.
    private static func names(in rest: Substring) -> Set<String> {
        guard rest.hasPrefix(",[") || rest.hasPrefix(",dependencies:[") else { return [] }
        let code = SwiftCode(String(rest))
        guard let open = code.bytes.firstIndex(of: UInt8(ascii: "[")),
            let close = code.closing(open)
        else { return [] }
        let list = String(decoding: Array(rest.utf8)[open..<close], as: UTF8.self)
        let quoted = list.split(separator: "\"", omittingEmptySubsequences: false)
        return Set(quoted.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) })
    }
}

extension String {
    /// What follows each occurrence of a text, up to the end.
    fileprivate func components(after text: String) -> [Substring] {
        var found: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            rest = rest[range.upperBound...]
            found.append(rest)
        }
        return found
    }
}
