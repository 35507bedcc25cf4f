import Basics
import Testing

@testable import Simulation

/// What the network does to datagrams.
@Suite("Network")
struct NetworkTests {
    private func places(_ count: Int) -> [Place] {
        var random = SeededRandom(seed: 3)
        return (0..<count).map { _ in Place(&random) }
    }

    @Test("delays are a metric: the same both ways, and no detour is shorter")
    func metric() {
        let network = NetworkModel()
        let places = places(12)
        for one in places {
            for other in places {
                let direct = network.delay(from: one, to: other)
                #expect(direct == network.delay(from: other, to: one))
                for between in places {
                    let detour =
                        network.delay(from: one, to: between)
                        + network.delay(from: between, to: other)
                    #expect(detour >= direct)
                }
            }
        }
    }

    @Test("the mean delay is the one that was asked for, from half of it up")
    func mean() {
        let network = NetworkModel()
        let places = places(400)
        let delays = stride(from: 0, to: 400, by: 2).map {
            network.delay(from: places[$0], to: places[$0 + 1]).milliseconds
        }
        let mean = delays.reduce(0, +) / 200
        #expect(abs(mean - 20) < 1)
        #expect(delays.allSatisfy { $0 >= 10 && $0 < 38 })
    }

    @Test("bursts lose the share that was asked for, in runs of the length that was asked for")
    func bursts() {
        var random = SeededRandom(seed: 9)
        var chain = BurstLoss.Chain()
        let model = BurstLoss(share: 0.1, length: 8)
        let losses = (0..<200_000).map { _ in chain.loses(model, &random) }
        let lost = losses.count { $0 }
        let runs = zip(losses, losses.dropFirst()).count { !$0 && $1 }
        #expect(abs(Double(lost) / 200_000 - 0.1) < 0.01)
        #expect(abs(Double(lost) / Double(runs) - 8) < 0.5)
    }

    private func arrivals(
        _ change: (inout SimulationConfiguration) -> Void
    ) -> (count: Int, sent: Int, distinct: Int) {
        var configuration = SimulationConfiguration(viewers: 3)
        configuration.duration = .seconds(4)
        change(&configuration)
        var world = World(configuration)
        var all: [String] = []
        world.tap = { from, to, datagram in all.append("\(from) \(to) \(datagram.array)") }
        let report = world.run()
        return (all.count, report.datagrams, Set(all).count)
    }

    @Test("without impairments every datagram arrives once")
    func faithful() {
        let result = arrivals { _ in }
        #expect(result.count == result.sent)
    }

    @Test("loses, doubles and corrupts the share that it was asked for")
    func impairments() {
        let lossy = arrivals { $0.network.loss = 0.1 }
        #expect(abs(Double(lossy.count) / Double(lossy.sent) - 0.9) < 0.05)
        let double = arrivals { $0.network.duplicate = 0.5 }
        #expect(abs(Double(double.count) / Double(double.sent) - 1.5) < 0.1)
        #expect(double.distinct < double.count)
    }

    @Test("a stream that is corrupted on the way is never played corrupted")
    func corruption() {
        var configuration = SimulationConfiguration(viewers: 4)
        configuration.duration = .seconds(6)
        configuration.network.corrupt = 0.02
        var world = World(configuration)
        let report = world.run()
        #expect(report.violations == [])
        #expect(report.rows.allSatisfy { $0.bytesDelivered > 400_000 })
    }

    @Test("a thin downlink is all that its viewer gets, and it delays nobody else")
    func thinDownlink() {
        var configuration = SimulationConfiguration(viewers: 4)
        configuration.duration = .seconds(6)
        configuration.faults = [
            Fault(at: .seconds(1), .access(.viewers([2]), AccessLink(down: .kilobits(400))))
        ]
        var world = World(configuration)
        let report = world.run()
        let wire = world.machines[world.viewers[2]].wireIn
        #expect(wire < 400_000 / 8 * 6 + 150_000)
        #expect(report.rows.filter { $0.number != 2 }.allSatisfy { $0.packetsSkipped == 0 })
    }
}

extension AccessLink {
    fileprivate init(down: BitRate) {
        self.init()
        self.down = down
    }
}
