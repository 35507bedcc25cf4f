import Basics
import Paths
import Simulation
import Testing

@Suite("LifetimeProbe")
struct LifetimeProbeTests {
    private func bounds(
        _ type: NatType,
        _ seconds: Int,
        loss: Double = 0,
        ignoresChanges: Bool = false
    ) -> LifetimeProbe.Bounds {
        let outside = Endpoint(ipv4: 0xCB00_710A, port: 0)
        var configuration = NatBox.Configuration(type, outside: outside)
        configuration.bindingTimeout = .seconds(seconds)
        var conditions = ProbeWorld.Conditions()
        conditions.loss = loss
        conditions.ignoresChanges = ignoresChanges
        var world = ProbeWorld(configuration, conditions, seed: UInt64(seconds))
        return world.bounds(seed: 17)
    }

    @Test(
        "encloses the binding time-out between two spans",
        arguments: [
            (4, 0, 5), (7, 5, 9), (10, 9, 12), (20, 12, 25), (30, 25, 55), (60, 55, 115),
            (120, 115, 295),
        ]
    )
    func enclosed(seconds: Int, alive: Int, gone: Int) {
        for type in NatType.allCases {
            let bounds = bounds(type, seconds)
            #expect(bounds.alive == .seconds(alive), "\(type)")
            #expect(bounds.gone == .seconds(gone), "\(type)")
        }
    }

    @Test("finds no end where there is none within five minutes")
    func long() {
        let bounds = bounds(.usual, 400)
        #expect(bounds.alive == .seconds(295))
        #expect(bounds.gone == nil)
        #expect(bounds.keepAlive == .seconds(25))
    }

    @Test("every tenth datagram lost, it says the same")
    func loss() {
        for type in NatType.allCases {
            let bounds = bounds(type, 60, loss: 0.1)
            #expect(bounds.alive == .seconds(55), "\(type)")
            #expect(bounds.gone == .seconds(115), "\(type)")
        }
    }

    @Test("keep-alives come in half of the time that a mapping surely lives, at least every 25 s")
    func keepAlive() {
        #expect(LifetimeProbe.Bounds().keepAlive == .seconds(10))
        #expect(bounds(.usual, 30).keepAlive == .seconds(12.5))
        #expect(bounds(.usual, 10).keepAlive == .seconds(4.5))
        #expect(bounds(.usual, 4).keepAlive == .seconds(2))
        #expect(bounds(.usual, 120).keepAlive == .seconds(25))
    }

    @Test("a tracker that answers only to the socket that asks proves nothing")
    func careless() {
        let bounds = bounds(.usual, 60, ignoresChanges: true)
        #expect(bounds == LifetimeProbe.Bounds())
    }

    @Test("without any answer it ends, and knows nothing")
    func silent() {
        let bounds = bounds(.usual, 60, loss: 1)
        #expect(bounds == LifetimeProbe.Bounds())
    }
}
