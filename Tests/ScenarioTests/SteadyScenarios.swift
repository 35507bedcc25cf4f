import Basics
import Secrecy
import Telemetry
import Testing

@testable import Simulation

/// The swarm while nothing goes wrong but the network itself.
@Suite("Steady scenarios")
struct SteadyScenarios {
    @Test("sixteen viewers play everything, most of it from each other")
    func steadyState() throws {
        let report = Stage.run(Stage.swarm())
        expectPerfect(report)
        #expect(report.viewers == 16 && report.rows.count == 16)
        #expect(try #require(report.lagMs.p95) < 200, report.comment)
        #expect(try #require(report.startupMs.worst) < 600, report.comment)
        #expect(try #require(report.sourceLoad) < 2.4, report.comment)
        #expect(try #require(report.farShare) > 0.6, report.comment)
        #expect(try #require(report.distinctParentsMin) >= 4, report.comment)
    }

    @Test("viewers with a playout delay play in step, behind by just that")
    func playoutDelay() throws {
        let report = Stage.run(Stage.swarm().playing(behind: .seconds(1)))
        expectPerfect(report)
        // A block is handed over whole: its first byte is older than its sending by a block.
        #expect(try #require(report.lagMs.p50) >= 1_000, report.comment)
        #expect(try #require(report.lagMs.p95) < 1_150, report.comment)
        #expect(report.stalls == 0, report.comment)
    }

    @Test("clocks that disagree by half a second change nothing")
    func clockSkew() throws {
        var configuration = Stage.swarm(viewers: 8).playing(behind: .seconds(1))
        configuration.clockSkewMax = .milliseconds(500)
        configuration.trackerPlace = .separate
        let report = Stage.run(configuration)
        expectPerfect(report)
        #expect(try #require(report.lagMs.p95) < 1_150, report.comment)
    }

    @Test("sessions are renewed without a viewer noticing")
    func renewal() {
        var configuration = Stage.swarm(viewers: 3, seconds: 150)
        configuration.rate = .kilobits(300)
        expectPerfect(Stage.run(configuration))
    }

    @Test("real cryptography makes no difference to what viewers see")
    func noise() {
        var configuration = Stage.swarm(viewers: 6, seconds: 8)
        configuration.suite = .noise
        expectPerfect(Stage.run(configuration))
    }

    /// With the last three seeds a manifest of the past is lost together with its chunk, and nothing else tells
    /// of the block.
    @Test(
        "2 % loss costs nobody anything, and lag little",
        arguments: [1, 2, 3, 4, 5, 6, 53, 56] as [UInt64]
    )
    func loss(seed: UInt64) throws {
        let report = Stage.run(Stage.swarm().losing(0.02).seeded(seed))
        expectPerfect(report)
        #expect(report.rescued > 0, "nothing was lost and asked for again")
        #expect(try #require(report.lagMs.p95) < 300, report.comment)
    }

    @Test("5 % loss stalls nobody")
    func heavyLoss() throws {
        let report = Stage.run(Stage.swarm().playing(behind: .seconds(1)).losing(0.05))
        #expect(report.violations == [], report.comment)
        #expect(try #require(report.continuity.worst) > 0.998, report.comment)
    }

    @Test("everybody plays on after a second of heavy loss has passed")
    func burst() throws {
        let configuration = Stage.swarm(seconds: 16).playing(behind: .seconds(1))
            .with(.loss(0.4), at: 6).with(.loss(0), at: 7)
        let report = Stage.run(configuration)
        #expect(report.violations == [], report.comment)
        #expect(try #require(report.continuity.worst) > 0.9, report.comment)
        let published = Int(configuration.rate.bitsPerSecond) / 8 * 16
        for row in report.rows {
            // Whoever lost the tail would have got less than this.
            let missing = published - row.bytesDelivered - row.packetsSkipped * 188
            #expect(missing < published / 8, report.comment)
        }
    }
}
