import Basics
import NIOCore

/// Told to a connection's pipeline when the response to a request has been written.
struct ResponseEnded: Sendable {}

/// Told to a connection's pipeline when the backlog of its player was full and was let go.
struct ReaderFellBehind: Sendable {}

/// Told to a connection's pipeline when its player may pause for long, within the time shift.
struct Patience: Sendable {
    /// How long it may leave unread what was sent to it.
    let time: TimeSpan
}

/// What the guards of all connections share.
struct GuardSetup: Sendable {
    /// Bounds on what clients may cost.
    let limits: GatewayLimits
    /// Who may ask.
    let audience: Audience
    /// The open connections.
    let connections: Connections
    /// What is counted.
    let tally: GatewayTally
}

/// Stands between the socket and the HTTP decoder: lets through one checked request at a time.
///
/// States: `reading` a head, until its deadline; then `responding`, until `ResponseEnded`, then
/// `reading` again; from both to `closing`, when a request is refused: the refusal is sent, what
/// still comes is thrown away for a moment so that the client can read it, and the socket closed.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private enum State {
        case reading
        case responding(RequestRules.Method)
        case closing
    }

    /// How long a refused client's further bytes are read and thrown away: closing a socket that
    /// has unread bytes resets the connection and may lose the refusal.
    private static let lingerTime = TimeAmount.seconds(1)
    /// How long a response may go on after the client has closed its side.
    private static let farewellTime = TimeAmount.seconds(2)
    /// The end of a chunked body.
    private static let lastChunk = Array("0\r\n\r\n".utf8)

    private let limits: GatewayLimits
    private let audience: Audience
    private let connections: Connections
    private let tally: GatewayTally
    private let isAdmitted: Bool
    private var rules = RequestRules(port: 0)
    private var collector: HeadCollector
    private var state = State.reading
    private var closeTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    /// Whether the response under way has not begun.
    private var awaitsStatus = false
    /// How long the present response may be left unread.
    private var stallTime: TimeSpan
    /// Since when nothing was taken of what was sent.
    private var stalledSince: NIODeadline?

    /// Makes the guard of a connection that was admitted or not; if not, it answers 503.
    init(_ setup: GuardSetup, _ admission: Connections.Admission) {
        limits = setup.limits
        audience = setup.audience
        connections = setup.connections
        tally = setup.tally
        isAdmitted = admission == .admitted
        stallTime = setup.limits.stallTime
        collector = HeadCollector(limit: setup.limits.headBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        rules = RequestRules(
            port: context.channel.localAddress?.port ?? 0,
            audience: audience
        )
        context.fireChannelActive()
        if isAdmitted {
            close(context, in: limits.headTime.timeAmount)
        } else {
            refuse(.busy, to: .get, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closeTimer?.cancel()
        stallTimer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .reading:
            collector.append(unwrapInboundIn(data))
            process(context)
        case .responding:
            collector.append(unwrapInboundIn(data))
            if collector.isOverfull { context.close(promise: nil) }
        case .closing:
            break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case ChannelEvent.inputClosed = event else { return }
        switch state {
        case .reading, .closing: context.close(promise: nil)
        case .responding: close(context, in: RequestGuard.farewellTime)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallTimer?.cancel()
        stallTimer = nil
        stalledSince = context.channel.isWritable ? nil : .now()
        if !context.channel.isWritable {
            stallTimer = schedule(context, in: stallTime.timeAmount)
        }
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The encoder does not know the request and ends every chunked response with the last
        // chunk, but the answer to HEAD ends with its head (RFC 9110 section 9.3.2).
        if case .responding(.head) = state, case .byteBuffer(let buffer) = unwrapOutboundIn(data),
            buffer.readableBytesView.elementsEqual(RequestGuard.lastChunk)
        {
            promise?.succeed()
        } else {
            if case .byteBuffer(let buffer) = unwrapOutboundIn(data) { count(buffer) }
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        if event is ReaderFellBehind {
            promise?.succeed()
            return closeIfStalled(context)
        }
        if let patience = event as? Patience {
            promise?.succeed()
            stallTime = max(limits.stallTime, patience.time)
            return
        }
        guard event is ResponseEnded else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        guard case .responding = state else { return }
        state = .reading
        stallTime = limits.stallTime
        connections.waits(context.channel)
        close(context, in: limits.headTime.timeAmount)
        process(context)
        context.fireChannelReadComplete()
    }

    // MARK: Private

    /// Passes on the next request if it is there and allowed.
    private func process(_ context: ChannelHandlerContext) {
        let method = collector.method
        do throws(Refusal) {
            guard let head = try collector.next() else { return }
            state = .responding(try rules.check(head.readableBytesView))
            awaitsStatus = true
            connections.serves(context.channel)
            closeTimer?.cancel()
            context.fireChannelRead(wrapInboundOut(head))
        } catch {
            refuse(error, to: method, context)
        }
    }

    private func refuse(
        _ refusal: Refusal,
        to method: RequestRules.Method,
        _ context: ChannelHandlerContext
    ) {
        state = .closing
        tally.note(refusal)
        let response = refusal.response(to: method)
        context.writeAndFlush(
            wrapOutboundOut(.byteBuffer(ByteBuffer(string: response))),
            promise: nil
        )
        context.close(mode: .output, promise: nil)
        close(context, in: RequestGuard.lingerTime)
    }

    /// Counts bytes on their way out, and the status code with which a response begins.
    private func count(_ buffer: ByteBuffer) {
        tally.note(sent: buffer.readableBytes)
        guard awaitsStatus, buffer.readableBytes > 0 else { return }
        awaitsStatus = false
        let digits = buffer.readableBytesView.dropFirst("HTTP/1.1 ".utf8.count).prefix(3)
        tally.note(status: Int(String(decoding: digits, as: UTF8.self)) ?? 0)
    }

    /// Closes the connection of a player whose backlog is full and that takes nothing; one that is
    /// only slow goes on further ahead in the stream.
    private func closeIfStalled(_ context: ChannelHandlerContext) {
        guard let stalledSince, .now() - stalledSince >= limits.backlogTime.timeAmount else {
            return
        }
        tally.noteDropped()
        context.close(promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        closeTimer?.cancel()
        closeTimer = schedule(context, in: delay)
    }

    private func schedule(
        _ context: ChannelHandlerContext,
        in delay: TimeAmount
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { context.close(promise: nil) }
    }
}

extension TimeSpan {
    /// The span as NIO counts time.
    var timeAmount: TimeAmount { .nanoseconds(nanoseconds) }
}
