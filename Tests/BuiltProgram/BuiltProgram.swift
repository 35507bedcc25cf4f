import Glibc

/// The product, which lies beside the tests, for those that run it as a process.
public enum BuiltProgram {
    /// It has not been built, or lies elsewhere.
    public struct Missing: Error, CustomStringConvertible {
        let path: String

        /// What is missing, and what to do.
        public var description: String {
            "\(path) is no program: build it with the tests, as the README's test command does"
        }
    }

    /// Its path.
    /// - Throws: `Missing` when there is no such program.
    public static func path() throws -> String {
        guard access(place, X_OK) == 0 else { throw Missing(path: place) }
        return place
    }

    /// Where it should be.
    public static let place: String = {
        var path = [CChar](repeating: 0, count: 4_096)
        let length = max(0, readlink("/proc/self/exe", &path, path.count - 1))
        let own = String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/candela"
    }()
}
