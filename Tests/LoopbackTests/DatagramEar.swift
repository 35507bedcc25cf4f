import Glibc
import Testing

/// A UDP socket of this host that hears what `--udp` sends.
final class DatagramEar: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let handle = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(handle, name, length) == 0 ? getsockname(handle, name, &length) : -1
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(status == 0)
    }

    deinit { close(descriptor) }

    /// All datagrams that wait.
    func hear() -> [[UInt8]] {
        var heard: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 2_048)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count >= 0 {
            heard.append(Array(buffer[..<count]))
        }
        return heard
    }
}
