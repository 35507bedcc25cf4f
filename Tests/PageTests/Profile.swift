import Foundation
import Glibc

/// The folder in which a browser keeps its files.
enum Profile {
    /// Ends a browser and removes its folder.
    ///
    /// Its processes write there until they notice that the first of them has gone: what has come back is removed
    /// again, for a second at most.
    static func remove(_ profile: String, of process: pid_t) {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        var quiet = 0
        for _ in 0..<20 where quiet < 4 {
            quiet = FileManager.default.fileExists(atPath: profile) ? 0 : quiet + 1
            try? FileManager.default.removeItem(atPath: profile)
            usleep(50_000)
        }
    }
}
