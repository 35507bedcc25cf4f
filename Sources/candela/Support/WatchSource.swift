import Basics
import Dashboard
import Gateway
import Glibc
import MediaIO
import Telemetry

/// What `watch` looks at: a process on this machine, or a node through its HTTP gateway.
enum WatchSource: Sendable {
    case socket(String)
    case node(RemoteGateway)

    /// Finds what the user named: a socket's path, `HOST:PORT`, the URL that `join` prints, or nothing
    /// for the first process that answers.
    static func find(
        _ target: String?,
        token: String?,
        _ state: StateDirectory
    ) throws(CommandFailure) -> WatchSource {
        guard let target else {
            guard token == nil else {
                throw CommandFailure(.usage, "--token goes with TARGET as HOST:PORT")
            }
            return .socket(try ControlTarget.find(nil, state))
        }
        if let node = try remote(target, token) { return .node(node) }
        guard token == nil else {
            throw CommandFailure(.usage, "--token goes with HOST:PORT, not with the path \(target)")
        }
        return .socket(try ControlTarget.find(target, state))
    }

    /// The others that can be watched beside the first one that was found.
    ///
    /// They are the channels of the same process, and further processes of the state directory; no more
    /// than a dashboard can show.
    static func others(than first: WatchSource, _ state: StateDirectory) -> [WatchSource] {
        guard case .socket(let path) = first else { return [] }
        let rest = state.sockets().filter { other in
            other != path && (try? ControlClient.snapshot(path: other)) != nil
        }
        return rest.prefix(JoinCommand.linkMax - 1).map { .socket($0) }
    }

    private static func remote(
        _ target: String,
        _ token: String?
    ) throws(CommandFailure) -> RemoteGateway? {
        let scheme = "http://"
        let isURL = target.hasPrefix(scheme)
        // Of a path, only the first part can be a token; the others name what is in the folder.
        let parts = (isURL ? target.dropFirst(scheme.count) : target[...])
            .split(separator: "/", omittingEmptySubsequences: false)
        guard isURL || parts.count == 1, access(target, F_OK) != 0,
            let address = AddressArgument(argument: String(parts.first ?? ""))
        else {
            guard !isURL else {
                throw CommandFailure(.usage, "TARGET \(target) is not http://HOST:PORT/TOKEN/")
            }
            return nil
        }
        let inPath = parts.count > 2 ? String(parts[1]) : nil
        let isNamed = token != nil || inPath == nil
        let known = isNamed ? try SecretArgument.resolve(token) : inPath
        guard
            let node = RemoteGateway(
                host: address.host,
                port: address.port,
                token: known
            )
        else {
            throw CommandFailure(
                .usage,
                "TARGET needs a port from 1 to 65535, and --token only A-Z, a-z, 0-9, - . _ ~"
            )
        }
        return node
    }

    /// Whether what is watched comes over the network.
    var isRemote: Bool {
        switch self {
        case .socket: false
        case .node: true
        }
    }

    /// What the frame of the dashboard says.
    var words: String {
        switch self {
        case .socket(let path): "watching \(WatchSource.kind(of: path))"
        case .node(let node): "watching \(node.host):\(node.port)"
        }
    }

    /// Asks for the present snapshot; blocks for a few seconds at most.
    func snapshot() throws(CommandFailure) -> SwarmSnapshot {
        switch self {
        case .socket(let path): return try ControlTarget.snapshot(path)
        case .node(let node):
            do {
                return try node.snapshot()
            } catch {
                throw CommandFailure(error)
            }
        }
    }

    /// Asks for the picture; blocks for a few seconds at most.
    func picture() -> Picture? {
        switch self {
        case .socket(let path):
            guard let found = try? ControlClient.picture(path: path) else { return nil }
            return Picture(width: found.width, height: found.height, pixels: found.pixels)
        case .node(let node):
            let box = PictureTap.thumbnailBox
            guard let jpeg = try? node.poster(),
                let small = Thumbnail(jpeg: jpeg, width: box.width, height: box.height)
            else { return nil }
            return Picture(width: small.width, height: small.height, pixels: small.pixels)
        }
    }
}
