public import Basics
import Glibc
import Synchronization

/// Has a UDP port of ours mapped on the home router for as long as we run.
///
/// Asks by PCP and NAT-PMP first, whose answer comes in milliseconds, then by UPnP; keeps the first
/// that works, renews it, and removes it at the end. Everything runs on one thread of its own, for
/// the calls of UPnP block.
public final class PortMapper: Sendable {
    /// What a mapper is told.
    public struct Configuration: Sendable {
        /// Our port on the inside, on any of our addresses.
        public var port: UInt16
        /// For how long UPnP is asked to map, in seconds.
        public var lease: UInt32 = 7_200
        /// Called on the mapper's thread whenever things stand differently.
        public var onChange: @Sendable (PortMapping) -> Void = { _ in }

        /// Describes a port to map.
        public init(port: UInt16) { self.port = port }
    }

    private struct Shared {
        var mapping = PortMapping(.asking)
        var hasEnded = false
    }

    private let shared = Mutex(Shared())
    private let onChange: @Sendable (PortMapping) -> Void
    private let bell: Bell

    /// Starts to ask; the mapping is `absent` when there is nobody to ask.
    public init(_ configuration: Configuration) {
        onChange = configuration.onChange
        bell = Bell()
        let started = BlockingThread.start { [self] in
            PortMapperRun(configuration, bell) { [self] in set($0) }?.run()
            if !mapping.isSettled { set(PortMapping(.absent(.noRouter))) }
            shared.withLock { $0.hasEnded = true }
        }
        if !started {
            set(PortMapping(.absent(.noRouter)))
            shared.withLock { $0.hasEnded = true }
        }
    }

    /// How things stand.
    public var mapping: PortMapping { shared.withLock { $0.mapping } }

    private func set(_ mapping: PortMapping) {
        let isNew = shared.withLock { state in
            guard state.mapping != mapping else { return false }
            state.mapping = mapping
            return true
        }
        if isNew { onChange(mapping) }
    }

    /// Waits for the first answer, at most for a span.
    public func settled(within span: TimeSpan) async -> PortMapping {
        let end = Stopwatch.now + span
        while !mapping.isSettled, Stopwatch.now < end {
            try? await Task.sleep(for: .milliseconds(20))
        }
        return mapping
    }

    /// As `settled`, but blocks its thread.
    public func settledOrTired(within span: TimeSpan) -> PortMapping {
        let end = Stopwatch.now + span
        while !mapping.isSettled, Stopwatch.now < end { usleep(20_000) }
        return mapping
    }

    /// Removes the mapping; returns when the router has been told, after 1.5 s at most.
    public func stop() async {
        bell.ring()
        let end = Stopwatch.now + .milliseconds(1_500)
        while !shared.withLock({ $0.hasEnded }), Stopwatch.now < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Wakes a thread that waits in `poll`, once and for good.
final class Bell: Sendable {
    /// Readable once it has rung; -1 when the system has no handle left.
    let handle: Int32
    private let end: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let isMade = pipe(&ends) == 0
        (handle, end) = isMade ? (ends[0], ends[1]) : (-1, -1)
        for handle in ends where isMade { _ = fcntl(handle, F_SETFD, FD_CLOEXEC) }
    }

    deinit { for handle in [handle, end] where handle >= 0 { close(handle) } }

    func ring() {
        var byte: UInt8 = 1
        _ = write(end, &byte, 1)
    }

    /// Whether it has rung.
    var hasRung: Bool {
        var entry = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}
