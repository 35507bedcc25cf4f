import Basics
import Telemetry
import Testing

@testable import Simulation

/// Peers and trackers that come, go, stand still and come back.
@Suite("Fault scenarios")
struct FaultScenarios {
    @Test("latecomers start at once and disturb nobody")
    func lateJoiners() throws {
        var late = ViewerClass(count: 4)
        late.joinAt = .zero
        late.latency = .zero
        let report = Stage.run(Stage.swarm().with(.join(late), at: 8))
        expectPerfect(report)
        #expect(report.rows.count == 20)
        for row in report.rows where row.number >= 16 {
            #expect(try #require(row.startupMs) < 450, report.comment)
        }
    }

    @Test("four of sixteen crash, and the others miss nothing", arguments: [1, 2, 3] as [UInt64])
    func crash(seed: UInt64) throws {
        let report = Stage.run(Stage.swarm().seeded(seed).with(.crash(.some(4)), at: 7))
        expectPerfect(report)
        #expect(report.rows.count == 12)
        #expect(try #require(report.recoveryMs.worst) < 250, report.comment)
    }

    @Test("the busiest peers say goodbye, and nobody misses anything")
    func goodbye() throws {
        let report = Stage.run(Stage.swarm().with(.leave(.busiest(3)), at: 7))
        expectPerfect(report)
        #expect(report.rows.count == 13)
        #expect(try #require(report.recoveryMs.worst) < 200, report.comment)
    }

    @Test("the swarm needs no tracker to go on")
    func trackerCrash() throws {
        var configuration = Stage.swarm()
        configuration.trackerPlace = .separate
        let report = Stage.run(configuration.with(.crashTracker, at: 5))
        expectPerfect(report)
        #expect(try #require(report.farShare) > 0.6, report.comment)
    }

    @Test("a swarm without tracker survives crashes too")
    func crashWithoutTracker() throws {
        var configuration = Stage.swarm().playing(behind: .seconds(1))
        configuration.trackerPlace = .separate
        let report = Stage.run(
            configuration.with(.crashTracker, at: 5).with(.crash(.some(3)), at: 7)
        )
        #expect(report.violations == [], report.comment)
        #expect(try #require(report.continuity.worst) > 0.99, report.comment)
    }

    @Test("a tracker that comes back takes everybody in again")
    func trackerRestart() {
        var late = ViewerClass(count: 2)
        late.joinAt = .seconds(8)
        late.latency = .zero
        var configuration = Stage.swarm(viewers: 8, seconds: 24)
        configuration.trackerPlace = .separate
        configuration.population.append(late)
        configuration.population[1].joinAt = .seconds(18)
        let report = Stage.run(
            configuration.with(.crashTracker, at: 4).with(.restartTracker, at: 6)
        )
        #expect(report.rows.count == 10)
        expectPerfect(report)
    }

    @Test("a viewer that stood still for two seconds plays again and harms nobody")
    func pause() throws {
        let configuration = Stage.swarm(seconds: 16).playing(behind: .seconds(1))
        let report = Stage.run(configuration.with(.pause(.viewers([3, 9]), .seconds(2)), at: 7))
        #expect(report.violations == [], report.comment)
        for row in report.rows(without: [3, 9]) {
            #expect(try #require(row.continuity) == 1, report.comment)
        }
        for row in report.rows where [3, 9].contains(row.number) {
            #expect(try #require(row.continuity) > 0.6, report.comment)
        }
    }

    @Test("viewers cut off for three seconds play again after the cut is healed")
    func partition() throws {
        let cut = [1, 5, 11]
        let configuration = Stage.swarm(seconds: 20).playing(behind: .seconds(1))
        let report = Stage.run(configuration.with(.cut(.viewers(cut), .halves, .seconds(3)), at: 7))
        #expect(report.violations == [], report.comment)
        for row in report.rows(without: cut) {
            #expect(try #require(row.continuity) == 1, report.comment)
        }
    }

    @Test("a source that starts anew is played on, from a key frame, and the jump is told")
    func sourceRestart() throws {
        let configuration = Stage.swarm(viewers: 8, seconds: 16).playing(behind: .seconds(1))
        let report = Stage.run(configuration.with(.restartSource(.seconds(1)), at: 7))
        #expect(report.violations == [], report.comment)
        #expect(report.rows.allSatisfy { $0.discontinuities >= 1 }, report.comment)
        #expect(try #require(report.gapMs) < 3_500, report.comment)
    }
}
