import Basics
import Driving
import NIOCore
import Overlay
import Synchronization
import Telemetry
import Tracking
import Wire

/// Owns the cores of one UDP port and performs what they ask; lives on one event loop.
///
/// Everything here runs on that loop, so that calls to a core never nest and effects are performed
/// before the next call.
final class CoreLoop: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private var peer: Peer?
    private var tracker: Tracker?
    private var effects = Effects()
    private var configuration: DriverConfiguration
    private let clock: DriverClock
    private let shared: SharedSnapshot
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var timerAt = Instant.distantFuture
    private var addresses: [Endpoint: SocketAddress] = [:]
    private var isMapped = false
    private var hasEnded = false
    private var snapshotTimer: Scheduled<Void>?
    private var turns = TurnDelay()
    /// Datagrams that the socket refused: bursts beyond its buffer count as loss.
    private var unsent = 0
    /// Answers STUN, where there is a tracker.
    private var desk: StunDesk?

    init(_ configuration: DriverConfiguration, clock: DriverClock, shared: SharedSnapshot) {
        self.configuration = configuration
        self.clock = clock
        self.shared = shared
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        snapshotTimer?.cancel()
        desk?.close()
        desk = nil
        self.context = nil
    }

    /// Makes the cores and lets them begin.
    func begin(at local: SocketAddress) {
        let now = clock.now
        isMapped = local.protocol == .inet6
        let endpoint = Endpoint(local) ?? configuration.listen
        peer = configuration.makePeer?(endpoint, now)
        tracker = configuration.makeTracker?(now)
        if configuration.makeTracker != nil, let channel = context?.channel {
            desk = StunDesk(channel, clock: clock, isMapped: isMapped)
            desk?.openSide(after: local)
        }
        wake()
        scheduleSnapshot(after: .milliseconds(20))
    }

    private func scheduleSnapshot(after span: TimeAmount) {
        guard let loop = context?.eventLoop else { return }
        turns.expect(at: clock.now + TimeSpan(nanoseconds: span.nanoseconds))
        snapshotTimer = loop.assumeIsolated().scheduleTask(in: span) { [self] in
            turns.note(clock.now)
            takeSnapshot()
            scheduleSnapshot(after: .milliseconds(400))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let endpoint = Endpoint(envelope.remoteAddress) else { return }
        let datagram = Bytes(Array(envelope.data.readableBytesView))
        if let desk, StunMessage.isLikely(datagram) {
            return desk.take(datagram, from: endpoint, at: .main)
        }
        let isForTracker =
            !datagram.isEmpty && Envelope.parse(firstByte: datagram[0])?.service == .tracker
        let now = clock.now
        if isForTracker {
            tracker?.receive(datagram, from: endpoint, at: now, into: &effects)
            settleUplink(at: now)
        } else {
            peer?.receive(datagram, from: endpoint, at: now, into: &effects)
        }
        perform(at: now)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        schedule()
    }

    /// Network errors of single datagrams are loss; the socket stays.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { unsent += 1 }

    func publish(_ packets: [UInt8]) {
        let now = clock.now
        peer?.publish(packets, at: now, into: &effects)
        perform(at: now)
        context?.flush()
        schedule()
    }

    /// Tells the peer what is known of the NAT.
    func learn(_ outlook: NatOutlook) {
        peer?.learn(outlook, at: clock.now)
        schedule()
    }

    /// Tells the peer how long the NAT keeps mappings.
    func learn(mappingsLive span: TimeSpan) {
        peer?.learn(mappingsLive: span, at: clock.now)
        schedule()
    }

    /// Says goodbye; what has to be sent is flushed.
    func leave() {
        let now = clock.now
        peer?.leave(at: now, into: &effects)
        perform(at: now)
        tracker?.leave(at: now, into: &effects)
        perform(at: now)
        context?.flush()
    }

    private func wake() {
        timerAt = .distantFuture
        let now = clock.now
        if peer?.nextDeadline ?? .distantFuture <= now {
            peer?.advance(to: now, into: &effects)
            perform(at: now)
        }
        if tracker?.nextDeadline ?? .distantFuture <= now {
            tracker?.advance(to: now, into: &effects)
            settleUplink(at: now)
            perform(at: now)
        }
        context?.flush()
        schedule()
    }

    /// What the tracker takes of the node's cap the source gives.
    private func settleUplink(at now: Instant) {
        guard let borrowed = tracker?.takeBorrowed() else { return }
        peer?.lendUplink(borrowed, at: now)
    }

    /// Sets the timer for the next deadline; an earlier one that stands is left to look again.
    private func schedule() {
        let next = min(
            peer?.nextDeadline ?? .distantFuture,
            tracker?.nextDeadline ?? .distantFuture
        )
        guard next < timerAt, let loop = context?.eventLoop else { return }
        timer?.cancel()
        timerAt = next
        timer = loop.assumeIsolated().scheduleTask(deadline: clock.deadline(next)) { [self] in
            wake()
        }
    }

    private func perform(at now: Instant) {
        for effect in effects.list {
            switch effect {
            case .send(let datagram, let endpoint): send(datagram.bytes, to: endpoint)
            case .deliver(let delivery): configuration.onDelivery(delivery, now)
            case .report(let event): configuration.onEvent(event)
            }
        }
        effects.removeAll()
        if !hasEnded, peer?.isEnded == true {
            hasEnded = true
            configuration.onEnd()
        }
    }

    private func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        guard let context, let address = address(of: endpoint) else { return }
        if configuration.impairment?.drops() == true { return }
        let envelope = AddressedEnvelope(
            remoteAddress: address,
            data: context.channel.allocator.buffer(bytes: bytes)
        )
        guard let delay = configuration.impairment?.delay, delay > .zero else {
            context.write(wrapOutboundOut(envelope), promise: nil)
            return
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            [self] in
            self.context?.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
        }
    }

    private func address(of endpoint: Endpoint) -> SocketAddress? {
        if let known = addresses[endpoint] { return known }
        if addresses.count > 4_096 { addresses.removeAll() }
        let address = endpoint.socketAddress(mapped: isMapped)
        addresses[endpoint] = address
        return address
    }

    private func takeSnapshot() {
        let now = clock.now
        var snapshot: SwarmSnapshot?
        if let channel = configuration.channel {
            snapshot = tracker?.snapshot(of: channel, at: now)
        } else {
            snapshot = tracker?.snapshot(at: now)
        }
        let delay = turns.median?.milliseconds
        snapshot?.turnDelayMs = delay
        if let desk { snapshot?.tracking?.bindings = desk.counts }
        guard var own = peer?.snapshot(at: now) else { return shared.set(snapshot) }
        own.turnDelayMs = delay
        guard var swarm = snapshot, !swarm.peers.isEmpty else { return shared.set(own) }
        swarm.own = own.own
        swarm.meetings = own.meetings
        swarm.loops = own.loops
        swarm.live = own.live
        swarm.bitrateBps = own.bitrateBps ?? swarm.bitrateBps
        swarm.events = Array((swarm.events + own.events).sorted { $0.t < $1.t }.suffix(100))
        shared.set(swarm)
    }
}

/// The newest snapshot, readable from any thread.
final class SharedSnapshot: Sendable {
    private let state = Mutex<SwarmSnapshot?>(nil)
    func set(_ snapshot: SwarmSnapshot?) { state.withLock { $0 = snapshot } }
    var value: SwarmSnapshot? { state.withLock { $0 } }
}
