import Basics
import Telemetry
import Testing

@testable import Simulation

/// What a run leaves behind.
@Suite("Reports")
struct ReportTests {
    private static let run: SimulationReport = {
        var configuration = SimulationConfiguration(viewers: 6)
        configuration.duration = .seconds(6)
        configuration.faults = [Fault(at: .seconds(3), .crash(.some(1)), text: "<one> dies")]
        var world = World(configuration)
        var report = world.run()
        report.scenario = "a & b"
        return report
    }()

    @Test("the time line has a sample per second, and they agree with the run")
    func timeline() throws {
        let samples = ReportTests.run.timeline
        #expect(samples.map(\.t).prefix(6) == [1, 2, 3, 4, 5, 6])
        #expect(samples[4].viewers == 5)
        #expect(try #require(samples[4].playing) == 1)
        #expect(try #require(samples[4].continuity) == 1)
        #expect(try #require(samples[3].sourceLoad) > 1)
        #expect(try #require(samples[4].depthMean) >= 1)
        #expect(try #require(samples[4].depthMax) >= 2)
        let (median, tail) = (
            try #require(samples[4].lagMedianMs), try #require(samples[4].lagTailMs)
        )
        let worst = try #require(ReportTests.run.lagMs.worst)
        #expect(median > 0 && median <= tail && tail <= worst)
    }

    @Test("the curve of the lag ends at one, and rises")
    func curve() throws {
        let curve = ReportTests.run.lagCurve
        #expect(try #require(curve.last).share == 1)
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.value < $1.value })
        #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.share < $1.share })
    }

    @Test("who went before the end is reported apart")
    func departed() {
        #expect(ReportTests.run.departed.count == 1 && ReportTests.run.rows.count == 5)
        #expect(ReportTests.run.happenings.map(\.text) == ["<one> dies"])
    }

    @Test("the page is whole, escapes what it is told, and loads nothing")
    func page() {
        let page = HTMLReport(title: "T <x>", runs: [ReportTests.run]).text
        #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
        #expect(page.contains("T &lt;x&gt;") && page.contains("a &amp; b"))
        #expect(page.contains("&lt;one&gt; dies") && !page.contains("<one>"))
        #expect(page.components(of: "<svg").count == 9)
        #expect(page.components(of: "</svg>").count == 9)
        for word in ["http", "<script", "@import", "url(", "nan", "inf\""] {
            #expect(!page.contains(word), "\(word)")
        }
    }

    @Test("an expectation is met by what keeps it, and never by what is unknown")
    func expectations() {
        var report = SimulationReport()
        report.lagMs.p95 = 100
        func isMet(_ relation: Requirement.Relation, _ bound: Double) -> Bool {
            Requirement(measure: "lag.p95", relation: relation, bound: bound).judge(report).isMet
        }
        #expect(isMet(.less, 101) && !isMet(.less, 100) && isMet(.atMost, 100))
        #expect(isMet(.more, 99) && !isMet(.more, 100) && isMet(.atLeast, 100))
        #expect(isMet(.equal, 100) && !isMet(.equal, 100.5))
        let unknown = Requirement(measure: "overhead", relation: .less, bound: 9)
        #expect(!unknown.judge(report).isMet)
    }

    @Test("a run that is stopped still reports what has been")
    func stopped() {
        var configuration = SimulationConfiguration(viewers: 3)
        configuration.duration = .seconds(8)
        var world = World(configuration)
        let report = world.run { $0 > 0.5 ? .stop : .goOn }
        #expect(report.isInterrupted && !report.isPassed)
        #expect(report.virtualS > 4 && report.virtualS < 5.5)
        #expect(report.rows.count == 3)
    }

    @Test("axes have whole ticks around what they show")
    func axes() {
        for (low, high) in [(0.0, 1.0), (0, 0.37), (0, 12_345), (-3, 4), (0, 0), (5, 5)] {
            let axis = Plot.Axis(from: low, to: high)
            #expect((2...42).contains(axis.ticks.count), "\(low) \(high)")
            #expect(axis.part(low) >= 0 && axis.part(high) <= 1, "\(low) \(high)")
        }
        #expect(Plot.Axis(from: 0, to: 1).ticks.count == 6)
    }

    @Test("numbers are written without surprises")
    func numbers() {
        #expect(HTML.number(1.005, 1) == "1.0" && HTML.number(-0.04, 1) == "0.0")
        #expect(HTML.number(12.345, 2) == "12.35" && HTML.number(-7.5, 0) == "-8")
        #expect(HTML.short(0.05) == "0.05" && HTML.short(12_500) == "12.5k")
        #expect(HTML.short(2e6) == "2M" && HTML.number(.infinity, 1) == "–")
    }
}

extension String {
    fileprivate func components(of text: String) -> [Range<String.Index>] { ranges(of: text) }
}
