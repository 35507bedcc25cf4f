import Basics
import NIOCore

/// Told to a connection's pipeline when the response to a request has been written.
struct ResponseEnded: Sendable {}

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
    private let isAdmitted: Bool
    private var rules = RequestRules(port: 0)
    private var collector: HeadCollector
    private var state = State.reading
    private var closeTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?

    /// Makes the guard of a connection that was admitted or not; if not, it answers 503.
    init(limits: GatewayLimits, admission: Admission) {
        self.limits = limits
        isAdmitted = admission == .admitted
        collector = HeadCollector(limit: limits.headBytes)
    }

    /// Whether there is room for a connection.
    enum Admission {
        /// There is.
        case admitted
        /// There are too many.
        case refused
    }

    func channelActive(context: ChannelHandlerContext) {
        rules = RequestRules(port: context.channel.localAddress?.port ?? 0)
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
        if !context.channel.isWritable {
            stallTimer = schedule(context, in: limits.stallTime.timeAmount)
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
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard event is ResponseEnded else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        guard case .responding = state else { return }
        state = .reading
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
        let response = refusal.response(to: method)
        context.writeAndFlush(
            wrapOutboundOut(.byteBuffer(ByteBuffer(string: response))),
            promise: nil
        )
        context.close(mode: .output, promise: nil)
        close(context, in: RequestGuard.lingerTime)
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
