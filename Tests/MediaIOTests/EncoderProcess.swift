import CFFmpeg
import Glibc

/// An ffmpeg that plays the role of an encoder.
final class EncoderProcess {
    private let pid: pid_t

    /// Starts `ffmpeg` with arguments; nil when it cannot be started.
    init?(_ arguments: String) {
        let words =
            ["ffmpeg", "-nostdin", "-v", "error"] + arguments.split(separator: " ").map(String.init)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var list = words.map { strdup($0) } + [nil]
        defer { for text in list { free(text) } }
        var number: pid_t = 0
        guard posix_spawnp(&number, "ffmpeg", &actions, nil, &list, candela_environment()) == 0
        else {
            return nil
        }
        pid = number
    }

    deinit { pull() }

    /// Ends it at once, as if its plug was pulled.
    func pull() {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// A TCP port of this machine that was free a moment ago.
    static func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name -> Int32 in
                bind(descriptor, name, size) == 0 ? getsockname(descriptor, name, &size) : -1
            }
        }
        return code == 0 ? UInt16(bigEndian: address.sin_port) : 0
    }
}
