import Telemetry

/// The part of a page that is about one run.
struct HTMLSection {
    private let run: SimulationReport

    init(_ run: SimulationReport) { self.run = run }

    var text: String {
        let verdict = run.isPassed ? "passed" : run.isInterrupted ? "interrupted" : "failed"
        return """
            <h2>\(HTML.escaped(run.scenario)), seed \(run.seed)</h2>
            <p><span class="\(run.isPassed ? "passed" : "failed")">\(verdict)</span> ·
            \(run.viewers) viewers · \(HTML.number(run.virtualS, 1)) virtual seconds in
            \(HTML.number(run.wallS, 1)) s (\(speed) × real time) · \(run.eventCount) events ·
            trace <code>\(HTML.escaped(run.traceHash))</code> · repeat with
            <code>candela simulate \(HTML.escaped(run.scenario)) --seed \(run.seed)</code></p>

            """ + figures + "<div class=\"plots\">\n" + plots.map(\.svg).joined() + "</div>\n"
                + expectations + happenings + violations + unlucky
    }

    private var speed: String {
        HTML.number(run.wallS.map { run.virtualS / max(1e-9, $0) }, 1)
    }

    private var figures: String {
        func percent(_ value: Double?, _ digits: Int = 1) -> String {
            HTML.number(value.map { $0 * 100 }, digits, unit: " %")
        }
        func times(_ values: Double?...) -> String {
            values.map { HTML.number($0, 0) }.joined(separator: " / ") + " ms"
        }
        func shares(_ values: Double?...) -> String {
            values.map { HTML.number($0, 5) }.joined(separator: " / ")
        }
        let rows: [[String]] = [
            [
                "continuity: mean / p1 / worst",
                shares(run.continuity.mean, run.continuity.p1, run.continuity.worst),
            ],
            [
                "picture continuity: mean / worst",
                shares(run.pictureContinuity.mean, run.pictureContinuity.worst),
            ],
            [
                "lag: p50 / p95 / p99 / worst",
                times(run.lagMs.p50, run.lagMs.p95, run.lagMs.p99, run.lagMs.worst),
            ],
            [
                "once formed: continuity mean / worst; lag p50 / p95",
                shares(run.continuitySteady.mean, run.continuitySteady.worst) + "; "
                    + times(run.lagSteadyMs.p50, run.lagSteadyMs.p95),
            ],
            [
                "startup: p50 / p95 / worst",
                times(run.startupMs.p50, run.startupMs.p95, run.startupMs.worst),
            ],
            [
                "recovery after faults: p50 / p95 / worst",
                times(run.recoveryMs.p50, run.recoveryMs.p95, run.recoveryMs.worst),
            ],
            [
                "source load: media / wire",
                HTML.number(run.sourceLoad, 2) + " / " + HTML.number(run.sourceWireLoad, 2),
            ],
            [
                "from other viewers / over two hops or more",
                percent(run.p2pShare) + " / " + percent(run.farShare),
            ],
            [
                "wire overhead / received twice",
                percent(run.overhead) + " / " + percent(run.duplicates),
            ],
            ["picture stood still", percent(run.stallRatio, 3)],
            ["rate ÷ bound of the capacities", HTML.number(run.rateOfBound, 3)],
            [
                "hops from the source: mean / most",
                HTML.number(run.depthMean, 2) + " / "
                    + HTML.number(run.depthMax.map(Double.init), 0),
            ],
            ["datagrams / lost", "\(run.datagrams) / \(run.datagramsLost)"],
        ]
        return HTMLReport.table([], rows)
    }

    private var plots: [Plot] {
        let marks = run.happenings.map { (x: $0.t, text: $0.text) }
        func overTime(
            _ title: String,
            _ label: String,
            _ series: [(String, (Timeline.Sample) -> Double?)],
            range: ClosedRange<Double>? = nil
        ) -> Plot {
            let lines = series.map { name, read in
                Plot.Series(
                    name: name,
                    points: run.timeline.compactMap { sample in
                        read(sample).map { (x: sample.t, y: $0) }
                    }
                )
            }
            var plot = Plot(title: title, xLabel: "seconds", yLabel: label, series: lines)
            plot.marks = marks
            plot.yRange = range
            return plot
        }
        return distributions + [
            overTime(
                "Continuity over time",
                "share",
                [("packets in time", \.continuity), ("viewers that play", \.playing)],
                range: 0...1
            ),
            overTime(
                "Lag over time",
                "ms",
                [("median", \.lagMedianMs), ("95th percentile", \.lagTailMs)]
            ),
            overTime("Audience", "viewers", [("viewers", { Double($0.viewers) })]),
            overTime("Source load over time", "wire bytes ÷ media", [("source", \.sourceLoad)]),
            overTime(
                "Depth",
                "hops from the source",
                [("mean", \.depthMean), ("most", { $0.depthMax.map(Double.init) })]
            ),
            uploads(overTime), contributions,
        ]
    }

    /// The share of their uplinks that viewers use where these have limits, and else the rate.
    private func uploads(
        _ overTime: (
            String, String, [(String, (Timeline.Sample) -> Double?)], ClosedRange<Double>?
        ) -> Plot
    ) -> Plot {
        run.timeline.contains { $0.uploadUse != nil }
            ? overTime("Upload use", "sent ÷ allowed", [("viewers", \.uploadUse)], 0...1)
            : overTime("Upload per viewer", "bit/s", [("mean", \.uploadMean)], nil)
    }

    private var distributions: [Plot] {
        let startups = (run.rows + run.departed).compactMap(\.startupMs)
        let lag = run.lagCurve.map { (x: $0.value, y: $0.share) }
        return [
            Plot(
                title: "Playback lag",
                xLabel: "milliseconds behind the source",
                yLabel: "share of the media",
                series: [Plot.Series(name: "lag", points: lag, shape: .steps)],
                yRange: 0...1,
                xStart: .data
            ),
            Plot(
                title: "Startup delay",
                xLabel: "milliseconds from joining",
                yLabel: "share of the viewers",
                series: [
                    Plot.Series(name: "startup", points: cumulated(startups), shape: .steps)
                ],
                yRange: 0...1
            ),
        ]
    }

    /// The share of the values up to each of them.
    private func cumulated(_ values: [Double]) -> [(x: Double, y: Double)] {
        values.sorted().enumerated().map {
            (x: $0.element, y: Double($0.offset + 1) / Double(values.count))
        }
    }

    /// How evenly the viewers carry the stream for each other.
    private var contributions: Plot {
        let sent = run.rows.map { Double($0.wireBytesOut) / 1e6 }
        return Plot(
            title: "Upload by viewer",
            xLabel: "megabytes sent",
            yLabel: "share of the viewers",
            series: [Plot.Series(name: "sent", points: cumulated(sent), shape: .steps)],
            yRange: 0...1
        )
    }

    private var expectations: String {
        guard !run.expectations.isEmpty else { return "" }
        let rows = run.expectations.map { one in
            [one.text, HTML.number(one.value, 5), one.isMet ? "yes" : "no"]
        }
        return "<h3>Expected</h3>\n" + HTMLReport.table(["bound", "measured", "kept"], rows)
    }

    private var happenings: String {
        guard !run.happenings.isEmpty else { return "" }
        let rows = run.happenings.prefix(200).enumerated().map { number, one in
            [String(number + 1), HTML.number(one.t, 2) + " s", one.text]
        }
        return "<h3>What happened</h3>\n" + HTMLReport.table(["mark", "when", "what"], rows)
    }

    private var violations: String {
        guard run.violationCount > 0 else { return "" }
        let rows = run.violations.prefix(50).map { one in
            [
                HTML.number(one.t, 2) + " s", String(one.invariant), one.machine ?? "–", one.text,
            ]
        }
        let head = ["when", "invariant", "where", "what"]
        return "<h3>Broken invariants: \(run.violationCount)</h3>\n" + HTMLReport.table(head, rows)
    }

    /// The viewers that fared worst.
    private var unlucky: String {
        let worst = run.rows.sorted {
            ($0.continuity ?? 0, $0.number) < ($1.continuity ?? 0, $1.number)
        }
        let rows = worst.prefix(10).map { row in
            [
                "viewer-\(row.number)", HTML.number(row.continuity, 5),
                HTML.number(row.lagP95Ms, 0, unit: " ms"), HTML.number(row.gapMs, 0, unit: " ms"),
                String(row.rescued), String(row.distinctParents),
            ]
        }
        let head = ["viewer", "continuity", "lag p95", "longest gap", "rescued", "parents"]
        return "<h3>The viewers that fared worst</h3>\n" + HTMLReport.table(head, rows)
    }
}
