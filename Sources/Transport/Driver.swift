public import Basics
import Glibc
import NIOCore
import NIOPosix
public import Telemetry

/// Runs a peer, a tracker or both on one UDP port.
public final class Driver: Sendable {
    /// Where the port is, as the socket says.
    public let local: Endpoint
    /// The clock that the cores live by.
    public let clock: DriverClock
    private let channel: any Channel
    private let core: NIOLoopBound<CoreLoop>
    private let shared: SharedSnapshot

    private init(
        channel: any Channel,
        core: NIOLoopBound<CoreLoop>,
        local: Endpoint,
        shared: (SharedSnapshot, DriverClock)
    ) {
        self.channel = channel
        self.core = core
        self.local = local
        self.shared = shared.0
        clock = shared.1
    }

    /// Binds the port and starts the cores.
    public static func start(_ configuration: DriverConfiguration) async throws(TransportError)
        -> Driver
    {
        let clock = DriverClock()
        let shared = SharedSnapshot()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        do {
            let (channel, core) = try await bind(configuration, clock, shared, on: loop).get()
            guard let address = channel.localAddress, let local = Endpoint(address) else {
                throw TransportError(.io, "the socket has no address")
            }
            loop.execute { core.value.begin(at: address) }
            return Driver(channel: channel, core: core, local: local, shared: (shared, clock))
        } catch let error as TransportError {
            throw error
        } catch {
            throw describe(error, configuration.listen)
        }
    }

    private static func bind(
        _ configuration: DriverConfiguration,
        _ clock: DriverClock,
        _ shared: SharedSnapshot,
        on loop: any EventLoop
    ) -> EventLoopFuture<(any Channel, NIOLoopBound<CoreLoop>)> {
        let isMapped = configuration.listen.ipv4 == nil
        guard let address = configuration.listen.socketAddress(mapped: isMapped) else {
            let error = TransportError(.addressRefused, "\(configuration.listen) is no address")
            return loop.makeFailedFuture(error)
        }
        return loop.flatSubmit {
            let core = NIOLoopBound(
                CoreLoop(configuration, clock: clock, shared: shared),
                eventLoop: loop
            )
            return DatagramBootstrap(group: loop)
                // 4 MiB is what Linux allows by default; it holds 100 ms of 300 Mbit/s.
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
                .bind(to: address)
                .map { ($0, core) }
        }
    }

    private static func describe(_ error: any Error, _ listen: Endpoint) -> TransportError {
        let code = (error as? IOError)?.errnoCode
        if code == EADDRINUSE {
            return TransportError(
                .portTaken,
                "UDP port \(listen.port) on \(listen.host) is taken; choose another with --listen"
            )
        }
        if code == EACCES || code == EADDRNOTAVAIL {
            return TransportError(
                .addressRefused,
                "cannot listen on \(listen): not an address of this machine, or not allowed;"
                    + " choose another with --listen"
            )
        }
        return TransportError(.io, "cannot listen on \(listen): \(error)")
    }

    /// Hands whole transport stream packets to the source.
    public func publish(_ packets: [UInt8]) {
        let core = core
        channel.eventLoop.execute { core.value.publish(packets) }
    }

    /// Tells the peer what is known of the host's NAT by now.
    public func learn(_ outlook: NatOutlook) {
        let core = core
        channel.eventLoop.execute { core.value.learn(outlook) }
    }

    /// Tells the peer how long the NAT surely keeps a mapping that nobody uses.
    public func learn(mappingsLive span: TimeSpan) {
        let core = core
        channel.eventLoop.execute { core.value.learn(mappingsLive: span) }
    }

    /// The newest snapshot; nil in the first moments.
    ///
    /// At most 0.4 s old.
    public var snapshot: SwarmSnapshot? { shared.value }

    /// Says goodbye to everybody and closes the port.
    public func stop() async {
        let core = core
        try? await channel.eventLoop.submit { core.value.leave() }.get()
        // The goodbyes leave with the flush; give a delayed link its time.
        try? await Task.sleep(for: .milliseconds(30))
        try? await channel.close().get()
    }
}
