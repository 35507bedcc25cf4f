import Basics
import Glibc
import Paths

/// The work of a port mapper, from its first question to the removal at the end.
final class PortMapperRun {
    /// A mapping that UPnP gave.
    private struct Held {
        var router: UPnPRouter
        var outside: Endpoint
        var renewAt: Instant
    }

    /// So long PCP and NAT-PMP have the router for themselves: an answer of one hop, repeated once.
    private static let headStart = TimeSpan.milliseconds(350)
    /// The pause before a network without UPnP is searched again.
    private static let searchPause = TimeSpan.seconds(600)
    /// A mapping of UPnP is renewed at least so often: a router that restarts forgets it.
    private static let renewalMax = TimeSpan.seconds(1_200)

    private let configuration: PortMapper.Configuration
    private let bell: Bell
    private let report: (PortMapping) -> Void
    private let inside: Endpoint
    private let socket: DatagramSocket
    private var lease: PortLease
    private var held: Held?
    private var searchAt: Instant
    private var hasSearched = false

    /// Finds the router; nil when none leads out, or when there is no socket left.
    init?(
        _ configuration: PortMapper.Configuration,
        _ bell: Bell,
        report: @escaping (PortMapping) -> Void
    ) {
        guard let route = DefaultRoute.present, bell.handle >= 0 else { return nil }
        let router = route.router.with(port: NatPmp.port)
        guard let socket = DatagramSocket(like: router), socket.connect(to: router),
            let local = socket.local
        else { return nil }
        guard local.isPrivate else {
            report(PortMapping(.off(.publicAddress)))
            return nil
        }
        self.configuration = configuration
        self.bell = bell
        self.report = report
        self.socket = socket
        inside = local.with(port: configuration.port)
        var generator = SystemRandomNumberGenerator()
        let nonce = Pcp.Nonce(
            high: UInt32.random(in: 0 ... .max, using: &generator),
            low: generator.next()
        )
        let now = Stopwatch.now
        lease = PortLease(.init(gateway: router, inside: inside, nonce: nonce), at: now)
        searchAt = now + PortMapperRun.headStart
    }

    /// Asks, renews, and removes once the bell rings.
    func run() {
        while !bell.hasRung {
            var effects: [PortLease.Effect] = []
            if held == nil { lease.advance(to: Stopwatch.now, into: &effects) }
            perform(effects)
            takeAnswers()
            let now = Stopwatch.now
            if lease.outside == nil, held == nil, searchAt <= now { search() }
            if let due = held?.renewAt, due <= now { renew() }
            DatagramSocket.wait(for: [socket.handle, bell.handle], atMost: nextDue - Stopwatch.now)
        }
        end()
    }

    private var nextDue: Instant {
        if let held { return held.renewAt }
        let search = lease.outside == nil ? searchAt : .distantFuture
        return min(lease.nextDeadline ?? .distantFuture, search)
    }

    private func takeAnswers() {
        while true {
            switch socket.receive() {
            case .nothing: return
            // Nobody listens on the router's port: on to UPnP at once.
            case .refused: hurry()
            case .datagram(let datagram, let endpoint):
                guard held == nil else { continue }
                var effects: [PortLease.Effect] = []
                lease.receive(datagram, from: endpoint, at: Stopwatch.now, into: &effects)
                perform(effects)
            }
        }
    }

    private func perform(_ effects: [PortLease.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let bytes, _):
                if socket.send(bytes) != .sent { hurry() }
            case .gained(let outside):
                let language: PortMapping.Language = lease.language == .natPmp ? .natPmp : .pcp
                report(PortMapping(.mapped(language, outside: outside)))
            case .lost:
                searchAt = Stopwatch.now + PortMapperRun.headStart
                report(PortMapping(.asking))
            }
        }
    }

    /// The first search comes at once.
    private func hurry() { if !hasSearched { searchAt = Stopwatch.now } }

    private func search() {
        hasSearched = true
        searchAt = Stopwatch.now + PortMapperRun.searchPause
        guard let router = UPnPRouter(from: inside) else {
            report(PortMapping(.absent(.silent)))
            return
        }
        let port = inside.port
        switch router.map(inside: port, wish: port, seconds: configuration.lease) {
        case .refused(let words): report(PortMapping(.absent(.refused(words))))
        case .mapped(let port):
            guard let outside = router.outside?.with(port: port) else {
                router.unmap(port)
                report(PortMapping(.absent(.refused("it does not tell its outside address"))))
                return
            }
            hold(router, outside)
        }
    }

    private func hold(_ router: UPnPRouter, _ outside: Endpoint) {
        let half = TimeSpan.seconds(Int(max(configuration.lease, 2) / 2))
        let renewAt = Stopwatch.now + min(half, PortMapperRun.renewalMax)
        held = Held(router: router, outside: outside, renewAt: renewAt)
        report(PortMapping(.mapped(.upnp, outside: outside)))
    }

    /// Maps the same port again; a router that does not do it any more is searched anew.
    private func renew() {
        guard let held else { return }
        let wish = held.outside.port
        switch held.router.map(inside: inside.port, wish: wish, seconds: configuration.lease) {
        case .mapped(let port):
            hold(held.router, (held.router.outside ?? held.outside).with(port: port))
        case .refused:
            self.held = nil
            searchAt = Stopwatch.now
            report(PortMapping(.asking))
        }
    }

    private func end() {
        if let held { held.router.unmap(held.outside.port) }
        held = nil
        var effects: [PortLease.Effect] = []
        lease.release(into: &effects)
        for case .send(let bytes, _) in effects { socket.send(bytes) }
        report(PortMapping(.removed))
    }
}
