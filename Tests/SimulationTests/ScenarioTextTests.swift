import Basics
import Testing

@testable import Simulation

/// The grammar of scenario files: what it takes, and what it says of what it refuses.
@Suite("Scenario text")
struct ScenarioTextTests {
    private func parse(
        _ text: String,
        _ settings: [(key: String, value: String)] = []
    ) throws(ScenarioError) -> Scenario {
        try Scenario(parsing: text, name: "x", file: "x.scenario", settings: settings)
    }

    private func refusal(_ lines: String..., settings: [(String, String)] = []) -> String {
        let text = "class.viewers.count = 5\n" + lines.joined(separator: "\n")
        do {
            _ = try parse(text, settings.map { (key: $0.0, value: $0.1) })
            return "accepted"
        } catch {
            return error.description
        }
    }

    @Test("reads everything that a scenario may say")
    func whole() throws {
        let scenario = try parse(
            """
            # A comment.
            title = Two  words   # and another
            duration=40s
            rate = 2M
            class.thin.count = 3
            class.thin.up = 800k
            class.thin.cap = 0
            class.fat.count = 4
            network.burst = 5% 8
            churn = C3
            churn.until = 30s
            at 20s crash busiest 30%
            at 10s set network.loss 20%
            at 12s set network.delay 50ms
            at 21s cut 50% flapping 500ms for 3s
            at 22s join fat 10 within 2s
            expect lag.p95 <= 1.5s
            expect continuity.worst > 99.9%\r
            """
        )
        let configuration = scenario.configuration
        #expect(scenario.title == "Two words")
        #expect(configuration.duration == .seconds(40) && configuration.rate == .megabits(2))
        #expect(configuration.population.map(\.name) == ["thin", "fat"])
        #expect(configuration.population[0].access.up == .kilobits(800))
        #expect(configuration.population[0].uploadCap == BitRate(bitsPerSecond: 0))
        #expect(configuration.network.burst == BurstLoss(share: 0.05, length: 8))
        #expect(configuration.churn?.stay == .pareto(alpha: 1.5, least: 20))
        #expect(configuration.faults.map(\.at.seconds) == [10, 12, 20, 21, 22])
        guard case .network(let last) = configuration.faults[1].action else {
            Issue.record("the network did not change")
            return
        }
        #expect(last.loss == 0.2 && last.delay == .milliseconds(50))
        #expect(scenario.requirements.map(\.bound) == [1_500, 0.999])
    }

    @Test("settings from outside win over the file's")
    func settings() throws {
        let text = "class.viewers.count = 5\nrate = 1M"
        let scenario = try parse(text, [("rate", "3M"), ("class.viewers.count", "7")])
        #expect(scenario.configuration.rate == .megabits(3))
        #expect(scenario.configuration.population[0].count == 7)
    }

    @Test("every churn model becomes coming and going or entries of the time line")
    func churn() throws {
        for model in ChurnPlan.names {
            let text = "class.viewers.count = 20\nduration = 60s\nchurn = \(model)"
            let configuration = try parse(text).configuration
            let isSomething = configuration.churn != nil || !configuration.faults.isEmpty
            #expect(isSomething == (model != "C0"), "\(model)")
        }
    }

    @Test("names the file, the line, the key and the nearest key that there is")
    func nearest() {
        #expect(
            refusal("", "netwrok.loss = 5%")
                == "x.scenario:3: netwrok.loss: 'netwrok.loss' is no key; did you mean "
                + "'network.loss'?"
        )
        #expect(refusal("class.viewers.latancy = 1s").hasSuffix("did you mean 'latency'?"))
        #expect(refusal("at 5s crahs 3").hasSuffix("'crahs' is no verb; did you mean 'crash'?"))
        #expect(refusal("expect lag.p59 < 1").hasSuffix("did you mean 'lag.p50'?"))
        #expect(refusal("at 5s set network.los 1%").hasSuffix("did you mean 'network.loss'?"))
        #expect(refusal("churn = C11").hasSuffix("did you mean 'C1'?"))
        #expect(refusal("duration 5s").contains("nearest is 'duration'"))
        #expect(refusal(settings: [("ratte", "1M")]).contains("ratte"))
    }

    @Test(
        "refuses impossible values before anything starts",
        arguments: [
            "rate = -1M", "rate = 0", "rate = NaN", "rate = inf", "rate = 1e400", "rate = 1",
            "rate = 99G", "class.a.count = 0", "class.a.count = -5", "class.a.count = 1000000000",
            "class.a.count = 3.5", "class.a.count = 99999999999999999999", "class.a.count =",
            "class.a.up = -1", "class.a.up = 0", "class..count = 1", "class.a.b.count = 1",
            "class.ä.count = 3", "network.loss = 101%", "network.loss = -1%", "network.loss = nan",
            "network.delay = -5ms", "network.delay = 5", "network.delay = 1h",
            "network.burst = 5%", "network.burst = 95% 8", "network.burst = 5% 0",
            "duration = 0", "duration = 1000h", "duration = 5 s s", "duration = 5s s",
            "clock.skew = 9999999s", "tracker = nowhere", "cryptography = none",
            "at 5s", "at", "at -5s crash 3", "at 5s crash", "at 5s crash 0", "at 5s crash 300%",
            "at 5s crash 3 4", "at 5s pause 3 for", "at 5s pause 3 over 2s",
            "at 5s cut 50% thirds for 2s", "at 5s join b 3", "at 500s crash 3",
            "at 5s flap 3 every 0 until 9s", "at 5s access 3 sideways 1M", "at 5s set rate 1M",
            "at 5s set network.loss", "expect", "expect lag.p95", "expect lag.p95 ~ 3",
            "expect lag.p95 < NaN", "expect lag.p95 < -3", "expect lag.p95 < 3 4", "= 5", "x",
        ]
    )
    func impossible(line: String) {
        let said = refusal("class.viewers.join = 1s", line)
        #expect(said.hasPrefix("x.scenario"), "\(line): \(said)")
    }

    @Test("refuses keys that come twice, an empty house, and what is too large")
    func refusals() {
        #expect(refusal("rate = 1M", "rate = 2M").contains("in line 2"))
        #expect(refusal("class.b.up = 1M").contains("class.b.count is missing"))
        #expect(throws: ScenarioError.self) { try parse("") }
        #expect(throws: ScenarioError.self) { try parse("duration = 5s") }
        let large = String(repeating: "# nothing\n", count: 7_000)
        #expect(throws: ScenarioError.self) { try parse("class.a.count = 3\n" + large) }
        let crowds = (0..<3).map { "class.c\($0).count = 50000" }.joined(separator: "\n")
        #expect(refusal(crowds).contains("viewers in all"))
    }

    @Test("whatever the bytes, reading ends with a scenario or a reason")
    func anything() {
        var random = SeededRandom(seed: 4)
        let words = [
            "at", "5s", "expect", "=", "crash", "lag.p95", "<", "class.a.count", "%", "50%",
            "\u{0}",
            "network.loss", "\u{FEFF}", "for", "#", "\n", "rate", "1M", "-", "é", "set", "cut",
        ]
        var refused = 0
        for _ in 0..<2_000 {
            let text = (0..<random.below(30)).map { _ in words[random.below(words.count)] }
            do {
                _ = try parse(text.joined(separator: " "))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1_000)
    }
}

/// The scenarios that come with the project.
@Suite("Scenario folder")
struct ScenarioFileTests {
    @Test("the documentation has every key, every verb and every measure")
    func documentation() throws {
        let text = try ScenarioFolder.text(of: "README.md")
        for word in Scenario.vocabulary {
            // `class.a.up`, `class.a.down` share a row, and so do measures: each word in ticks.
            #expect(text.contains("`\(word)") || text.contains(" \(word)"), "\(word)")
        }
    }

    @Test("every file can be read, has a title, and expects something")
    func files() throws {
        let names = try ScenarioFolder.names()
        #expect(names.count >= 20)
        for name in names {
            let scenario = try Scenario(
                parsing: try ScenarioFolder.text(of: name),
                name: name,
                file: name
            )
            #expect(scenario.title != name && !scenario.requirements.isEmpty, "\(name)")
        }
    }
}
