/// Who may import whom: the table of the architecture, which SwiftPM does not check.
enum ImportTable {
    /// The targets without clock, I/O, task and system randomness, in order of layers.
    static let cores = [
        "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Paths", "Scheduling",
        "Chandelier", "Overlay", "Tracking",
    ]
    /// The targets in C, which import nothing of ours.
    static let shims = ["CFFmpeg", "CHints", "CISAL", "CNcurses", "CSurroundings", "CTermGuard"]

    /// What every driver and edge may import of the system.
    ///
    /// Full Foundation is not among it: it adds 50 MB to a static binary and doubles the time to
    /// start.
    private static let system: Set<String> = [
        "FoundationEssentials", "Glibc", "Synchronization", "Dispatch",
    ]
    private static let nio: Set<String> = ["NIOCore", "NIOPosix"]

    /// What each target may import; a target that is not here may not exist.
    ///
    /// A new arrow needs a reason. `Driving` holds the contract between cores and drivers, so
    /// that a driver that runs only peers need not know trackers. `Tracking` uses `Paths` because
    /// introductions are its work. `HTTPTypes` comes with Hummingbird and `SystemPackage` with
    /// Subprocess, whose own APIs use them.
    static let allowed: [String: Set<String>] = [
        "Basics": [],
        "Wire": ["Basics"],
        "Secrecy": ["Basics", "Wire", "Crypto"],
        "Blocks": ["Basics", "Wire", "Crypto", "CISAL"],
        "Telemetry": ["Basics"],
        "Driving": ["Basics", "Telemetry"],
        "Paths": ["Basics", "Wire", "Secrecy"],
        "Scheduling": ["Basics", "Blocks"],
        "Chandelier": ["Basics"],
        "Overlay": [
            "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Paths", "Scheduling",
        ],
        "Tracking": [
            "Basics", "Wire", "Secrecy", "Telemetry", "Driving", "Paths", "Chandelier",
        ],
        "Simulation": [
            "Basics", "Wire", "Secrecy", "Blocks", "Telemetry", "Driving", "Overlay", "Tracking",
            "Chandelier", "CHints",
        ],
        "Transport": Set(cores).union(nio).union(system),
        "MediaIO": Set(["Basics", "CFFmpeg"]).union(system),
        "Gateway": Set(["Basics", "Telemetry", "Hummingbird", "HummingbirdCore", "HTTPTypes"])
            .union(["CISAL", "ServiceLifecycle", "Logging", "NIOHTTP1"]).union(nio).union(system),
        "Dashboard": Set(["Basics", "Telemetry", "CNcurses", "CTermGuard"]).union(system),
        "Surroundings": Set(["Basics", "Wire", "Secrecy", "Paths", "CSurroundings"]).union(system),
        "candela": Set(cores).union(["Simulation", "Transport", "MediaIO", "Gateway"])
            .union([
                "Dashboard", "Surroundings", "ArgumentParser", "Subprocess", "Logging", "Crypto",
            ])
            .union(["CTermGuard", "ServiceLifecycle", "UnixSignals", "SystemPackage"]).union(nio)
            .union(system),
    ]

    /// The modules that a source imports, whatever stands before and after `import`.
    static func imports(of code: SwiftCode) -> [String] {
        code.lines.compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ isModifier($0) })
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
            ]
            let name = kinds.contains(words[at + 1]) ? words.dropFirst(at + 2).first : words[at + 1]
            return name?.split(separator: ".").first.map(String.init)
        }
    }

    /// What is wrong with the imports of one file of a target.
    static func violations(target: String, path: String, imports: [String]) -> [String] {
        guard let allowed = allowed[target] else { return ["\(path): no such target in the table"] }
        return imports.filter { !allowed.contains($0) }
            .map { "\(path): \(target) may not import \($0)" }
    }

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@")
            || ["public", "package", "internal", "private", "fileprivate"].contains(word)
    }
}
