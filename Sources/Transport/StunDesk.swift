import Basics
import NIOCore
import NIOPosix
import Paths
import Secrecy
import Telemetry
import Wire

/// Answers Binding requests at a tracker's port and at the one after it (RFC 8489, RFC 5780).
///
/// Peers find out their NATs by it, and so can any STUN client. Lives on one event loop. Where the
/// second port is taken, requests for an answer from there are refused.
final class StunDesk {
    /// One of the two ports.
    enum Port {
        case main
        case side
    }

    private let main: any Channel
    private var side: (any Channel)?
    private var service = StunService(
        changes: [],
        // Ordinary clients send 20 bytes and expect 32 or 44.
        generosity: .plainRequest,
        software: "candela tracker"
    )
    private var limit = AnswerLimit()
    /// What it has been asked and has answered.
    private(set) var counts = BindingCounts()
    private let clock: DriverClock
    private let isMapped: Bool
    private var isClosed = false

    init(_ main: any Channel, clock: DriverClock, isMapped: Bool) {
        self.main = main
        self.clock = clock
        self.isMapped = isMapped
    }

    /// Binds the second port; without it the desk answers from the first alone.
    func openSide(after local: SocketAddress) {
        guard let port = local.port, port < 65_535, let endpoint = Endpoint(local),
            let address = endpoint.with(port: UInt16(port + 1)).socketAddress(mapped: isMapped)
        else { return }
        let loop = main.eventLoop
        let desk = NIOLoopBound(self, eventLoop: loop)
        DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SidePort(desk.value))
                }
            }
            .bind(to: address)
            .whenSuccess { desk.value.take(side: $0) }
    }

    private func take(side channel: any Channel) {
        guard !isClosed else { return channel.close(promise: nil) }
        side = channel
        service.changes = .port
    }

    /// Closes the second port.
    func close() {
        isClosed = true
        side?.close(promise: nil)
        side = nil
    }

    /// Answers a datagram that came to one of the ports, if it is a request.
    func take(_ datagram: Bytes, from asker: Endpoint, at port: Port) {
        counts.requests += 1
        let now = clock.now
        guard limit.allows(asker, at: now), let answer = service.answer(datagram, from: asker),
            let address = answer.endpoint.socketAddress(mapped: isMapped),
            answer.bytes.count <= datagram.count || limit.allowsLonger(asker, at: now)
        else {
            counts.unanswered += 1
            return
        }
        let isElsewhere = answer.from.contains(.port)
        let channel = (port == .main) != isElsewhere ? main : side
        guard let channel else { return }
        let envelope = AddressedEnvelope(
            remoteAddress: address,
            data: channel.allocator.buffer(bytes: answer.bytes)
        )
        channel.writeAndFlush(envelope, promise: nil)
    }
}

/// Takes datagrams in at the second port.
private final class SidePort: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let desk: StunDesk

    init(_ desk: StunDesk) { self.desk = desk }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let endpoint = Endpoint(envelope.remoteAddress) else { return }
        desk.take(Bytes(Array(envelope.data.readableBytesView)), from: endpoint, at: .side)
    }

    /// Errors of single datagrams are loss.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
