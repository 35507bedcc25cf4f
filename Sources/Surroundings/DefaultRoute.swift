public import Basics
import Glibc

/// The router that datagrams to far places go through, over IPv4.
public struct DefaultRoute: Sendable, Equatable {
    /// The router's address; the port is 0.
    public var router: Endpoint
    /// The interface that leads to it.
    public var interface: String

    /// Describes a route.
    public init(router: Endpoint, interface: String) {
        self.router = router
        self.interface = interface
    }

    /// The machine's present default route; nil when it has none.
    public static var present: DefaultRoute? { parse(SmallFile.text(of: "/proc/net/route")) }

    /// Reads the kernel's table: a head line, then one route per line, addresses as eight hexadecimal
    /// digits in the byte order of the machine.
    ///
    /// Of several default routes the one with the least metric counts.
    static func parse(_ table: String) -> DefaultRoute? {
        let routes = table.split(separator: "\n").dropFirst().compactMap { line -> (Int, Self)? in
            let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard fields.count >= 8, fields[1] == "00000000", fields[7] == "00000000",
                let bits = UInt32(fields[2], radix: 16), bits != 0,
                let flags = UInt32(fields[3], radix: 16),
                flags & isUpWithGateway == isUpWithGateway,
                let metric = Int(fields[6])
            else { return nil }
            let router = Endpoint(ipv4: UInt32(bigEndian: bits), port: 0)
            return (metric, DefaultRoute(router: router, interface: String(fields[0])))
        }
        return routes.min { $0.0 < $1.0 }?.1
    }

    /// `RTF_UP` and `RTF_GATEWAY` of the kernel.
    private static let isUpWithGateway: UInt32 = 0x3
}

/// Files of the kernel, which have no size.
enum SmallFile {
    /// More than this is not read.
    private static let sizeMax = 1 << 16

    /// The text of a file; empty when there is none.
    static func text(of path: String) -> String {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return "" }
        defer { close(handle) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < sizeMax {
            let count = read(handle, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
