public import Basics
import NIOCore
import NIOHTTP1
import NIOPosix
public import Telemetry

/// Another machine's node, asked through its HTTP gateway.
///
/// What passes is not encrypted: use it within a trusted network or through a tunnel.
public struct RemoteGateway: Sendable, Equatable {
    /// The gateway's host: a name or an address, an IPv6 address without brackets.
    public let host: String
    /// The gateway's port.
    public let port: Int
    /// The secret in its paths; nil for one that needs none.
    public let token: String?

    /// The most bytes of an answer: 10,000 peers of 1 KiB each, and as much again.
    static let answerMax = 20 << 20

    /// Names a node; nil when the port is none or the token could not stand in a path.
    public init?(host: String, port: Int, token: String?) {
        let bare =
            host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host[...]
        guard !bare.isEmpty, (1...65_535).contains(port),
            token.map({ !$0.isEmpty && $0.utf8.allSatisfy(RemoteGateway.isPlain) }) ?? true
        else { return nil }
        self.host = String(bare)
        self.port = port
        self.token = token
    }

    /// Whether a byte is an unreserved character (RFC 3986 section 2.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
    }

    /// The present snapshot.
    ///
    /// Blocks the calling thread, for `timeOut` at most; not to be called on an event loop.
    ///
    /// - Throws: `notRunning` when nobody answers there, `notPermitted` when the token is wrong or
    ///   missing, `badReply`, or `io`.
    public func snapshot(timeOut: TimeSpan = .seconds(3)) throws(GatewayError) -> SwarmSnapshot {
        try SnapshotJSON.decode(try get("status.json", timeOut: timeOut))
    }

    /// The newest key frame as JPEG.
    ///
    /// Blocks as `snapshot` does, and throws as it does.
    public func poster(timeOut: TimeSpan = .seconds(3)) throws(GatewayError) -> [UInt8] {
        try get("poster.jpg", timeOut: timeOut)
    }

    /// The body of the answer to one request.
    private func get(_ name: String, timeOut: TimeSpan) throws(GatewayError) -> [UInt8] {
        let path = "/" + (token.map { $0 + "/" } ?? "") + name
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: RemoteAnswer.self)
        let limit = TimeAmount.nanoseconds(timeOut.nanoseconds)
        let connected = ClientBootstrap(group: loop).connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(RemoteRequest(path: path, answer: answer))
                }
            }
            .connect(host: host, port: port)
        connected.cascadeFailure(to: answer)
        let timer = loop.scheduleTask(in: limit) {
            answer.fail(GatewayError(.notRunning, "\(host):\(port) did not answer in time."))
        }
        defer {
            timer.cancel()
            connected.whenSuccess { $0.close(promise: nil) }
        }
        switch Result(catching: { try answer.futureResult.wait() }) {
        case .success(let received): return try body(of: received)
        case .failure(let error):
            throw error as? GatewayError
                ?? GatewayError(.notRunning, "Nothing answers at \(host):\(port) over HTTP.")
        }
    }

    private func body(of answer: RemoteAnswer) throws(GatewayError) -> [UInt8] {
        switch answer.status {
        case 200:
            guard answer.isPacked else { return answer.body }
            guard let body = Gzip.unpacked(answer.body, limit: RemoteGateway.answerMax) else {
                throw GatewayError(.badReply, "The answer of \(host):\(port) is damaged.")
            }
            return body
        case 401, 403, 404:
            throw GatewayError(
                .notPermitted,
                "\(host):\(port) refuses to tell (\(answer.status)); is the token right?"
            )
        default:
            throw GatewayError(.badReply, "\(host):\(port) answered with \(answer.status).")
        }
    }
}

/// What came back.
struct RemoteAnswer: Sendable {
    var status = 0
    var isPacked = false
    var body: [UInt8] = []
}

/// Sends one request on a connection and collects the answer.
private final class RemoteRequest: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let path: String
    private let answer: EventLoopPromise<RemoteAnswer>
    private var collected = RemoteAnswer()

    init(path: String, answer: EventLoopPromise<RemoteAnswer>) {
        self.path = path
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        // By its address: a gateway takes no name that anybody could point at it.
        let address = context.channel.remoteAddress
        let host = address?.ipAddress.map { $0.contains(":") ? "[\($0)]" : $0 } ?? ""
        let fields: HTTPHeaders = [
            "host": "\(host):\(address?.port ?? 0)", "connection": "close",
            "accept-encoding": "gzip",
        ]
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            collected.status = Int(head.status.code)
            collected.isPacked = head.headers[canonicalForm: "content-encoding"].contains("gzip")
        case .body(let buffer):
            guard collected.body.count + buffer.readableBytes <= RemoteGateway.answerMax else {
                answer.fail(GatewayError(.badReply, "The answer is too long."))
                return context.close(promise: nil)
            }
            collected.body += buffer.readableBytesView
        case .end:
            answer.succeed(collected)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(GatewayError(.notRunning, "The connection ended before the answer."))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that breaks says no more than one that is not made.
        let isBroken = error is IOError || error is ChannelError
        let text = isBroken ? "The connection broke" : "That is no answer of a candela"
        answer.fail(GatewayError(isBroken ? .notRunning : .badReply, "\(text): \(error)"))
        context.close(promise: nil)
    }
}
