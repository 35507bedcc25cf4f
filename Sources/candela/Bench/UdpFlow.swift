import Basics
import NIOCore
import NIOPosix
import Transport
import Wire

/// A sender and a receiver, each on an event loop of its own, set up like a driver's port.
enum UdpFlow {
    /// Sends for some seconds; counts datagrams and the CPU time of both threads.
    static func measure(seconds: Double) throws -> UdpFigures {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        defer { try? group.syncShutdownGracefully() }
        let (receiving, sending) = (group.next(), group.next())
        let sink = try port(on: receiving) { UdpSink() }
        guard let target = sink.channel.localAddress else {
            throw CommandFailure(.io, "the socket has no address")
        }
        let pump = try port(on: sending) { UdpPump(to: target) }
        let length = Int64(seconds * 1e9)
        let (sinkCore, pumpCore) = (sink.core, pump.core)
        var figures = UdpFigures()
        let receiveStart = try receiving.submit { BenchClock.threadTime }.wait()
        let done = sending.flatSubmit { pumpCore.value.start(for: length) }
        let sent = try done.wait()
        figures.sent = sent.count
        figures.sendTime = sent.cpu
        figures.wall = sent.wall
        (figures.received, figures.receiveTime) = try receiving.submit {
            (sinkCore.value.count, BenchClock.threadTime - receiveStart)
        }.wait()
        try pump.channel.close().wait()
        try sink.channel.close().wait()
        return figures
    }

    /// Binds a port with the options of a driver's.
    private static func port<Core: ChannelInboundHandler & SendableMetatype>(
        on loop: any EventLoop,
        _ make: @escaping @Sendable () -> Core
    ) throws -> (channel: any Channel, core: NIOLoopBound<Core>) {
        try loop.flatSubmit {
            let core = NIOLoopBound(make(), eventLoop: loop)
            return DatagramBootstrap(group: loop)
                .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
                .channelOption(.socketOption(.so_sndbuf), value: 1 << 20)
                .channelOption(
                    .recvAllocator,
                    value: FixedSizeRecvByteBufferAllocator(capacity: 2_048)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(core.value)
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
                .map { ($0, core) }
        }.wait()
    }
}

/// Does with a datagram what a driver does before it calls a core.
private final class UdpSink: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private(set) var count = 0
    private var checksum = 0
    private let clock = DriverClock()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let datagram = Bytes(Array(envelope.data.readableBytesView))
        guard let port = envelope.remoteAddress.port, !datagram.isEmpty else { return }
        checksum &+= port + Int(clock.now.nanoseconds & 1)
        if Envelope.parse(firstByte: datagram[0])?.service == .peer { count += 1 }
    }
}

/// Sends as a driver does: a buffer per datagram, a flush after every batch.
private final class UdpPump: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// What was sent.
    struct Outcome: Sendable {
        var count: Int
        var cpu: Int64
        var wall: Int64
    }

    private let target: SocketAddress
    private let datagram: [UInt8]
    private var context: ChannelHandlerContext?
    private var promise: EventLoopPromise<Outcome>?
    private var count = 0
    private var startedAt: Int64 = 0
    private var startTime: Int64 = 0
    private var length: Int64 = 0

    init(to target: SocketAddress) {
        self.target = target
        var bytes = [UInt8](repeating: 7, count: UdpFigures.datagramSize)
        bytes[0] = Envelope.firstByte(.transport, .peer)
        datagram = bytes
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func start(for length: Int64) -> EventLoopFuture<Outcome> {
        guard let context else {
            preconditionFailure("the pump is started before it is in a channel")
        }
        let promise = context.eventLoop.makePromise(of: Outcome.self)
        self.promise = promise
        self.length = length
        startedAt = BenchClock.now
        startTime = BenchClock.threadTime
        sendBatch()
        return promise.futureResult
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { sendBatch() }
    }

    private func sendBatch() {
        guard let context, let promise else { return }
        let wall = BenchClock.now - startedAt
        guard wall < length else {
            self.promise = nil
            promise.succeed(
                Outcome(count: count, cpu: BenchClock.threadTime - startTime, wall: wall)
            )
            return
        }
        for _ in 0..<UdpFigures.batch {
            let buffer = context.channel.allocator.buffer(bytes: datagram)
            let envelope = AddressedEnvelope(remoteAddress: target, data: buffer)
            context.write(wrapOutboundOut(envelope), promise: nil)
        }
        count += UdpFigures.batch
        context.flush()
        guard context.channel.isWritable else { return }
        context.eventLoop.assumeIsolated().execute { [self] in sendBatch() }
    }
}
