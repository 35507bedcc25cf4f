import NIOCore
import NIOPosix

/// Serves one client of the control socket: a request line, an answer line, and so on.
///
/// One request at a time: the next line is looked at when the answer to the last has been written,
/// so a client that does not read its answers costs one answer and no more.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a client may be silent, or leave an answer unread.
    private static let idleTime = TimeAmount.seconds(60)

    private let answers: ControlAnswers
    private var pending = ByteBuffer()
    private var isBusy = false
    private var idleTimer: Scheduled<Void>?

    init(_ answers: ControlAnswers) { self.answers = answers }

    func channelActive(context: ChannelHandlerContext) {
        restartTimer(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        idleTimer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending.writeImmutableBuffer(unwrapInboundIn(data))
        process(context)
    }

    private func process(_ context: ChannelHandlerContext) {
        guard !isBusy else {
            if pending.readableBytes > ControlSocket.requestMax { context.close(promise: nil) }
            return
        }
        let view = pending.readableBytesView.prefix(ControlSocket.requestMax)
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            if pending.readableBytes >= ControlSocket.requestMax {
                refuse("the request line is too long", context)
            }
            return
        }
        let line = String(decoding: view[..<end], as: UTF8.self)
        pending.moveReaderIndex(forwardBy: line.utf8.count + 1)
        guard let request = ControlAnswers.Request(rawValue: line) else {
            return refuse("there is no such request", context)
        }
        answer(request, context)
    }

    private func answer(_ request: ControlAnswers.Request, _ context: ChannelHandlerContext) {
        isBusy = true
        restartTimer(context)
        // Off the event loop: the JSON of a large swarm takes milliseconds.
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop) { [answers] in
            ByteBuffer(bytes: answers.line(for: request) + [UInt8(ascii: "\n")])
        }.assumeIsolated().flatMap { line in
            context.writeAndFlush(self.wrapOutboundOut(line))
        }.whenComplete { result in
            self.isBusy = false
            switch result {
            case .success: self.process(context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    private func refuse(_ text: String, _ context: ChannelHandlerContext) {
        isBusy = true
        let line = ByteBuffer(string: "{\"error\":\"\(text)\"}\n")
        context.writeAndFlush(wrapOutboundOut(line)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func restartTimer(_ context: ChannelHandlerContext) {
        idleTimer?.cancel()
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(
            in: ControlHandler.idleTime
        ) { context.close(promise: nil) }
    }
}
