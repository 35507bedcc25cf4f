import Telemetry

/// One page about some runs: figures, plots, what happened, what was expected.
///
/// It needs nothing from anywhere, neither scripts nor fonts nor pictures, and prints well.
public struct HTMLReport {
    private let title: String
    private let runs: [SimulationReport]

    /// Makes a page about some runs.
    public init(title: String, runs: [SimulationReport]) {
        self.title = title
        self.runs = runs
    }

    /// The page.
    public var text: String {
        let passed = runs.count(where: \.isPassed)
        let verdict = passed == runs.count ? "passed" : "failed"
        var text = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <title>\(HTML.escaped(title))</title>
            <style>\(HTMLReport.style)</style></head><body>
            <h1>\(HTML.escaped(title))</h1>
            <p class="\(verdict)">\(passed) of \(runs.count) runs passed</p>

            """
        if runs.count > 1 { text += overview }
        for run in runs { text += HTMLSection(run).text }
        return text + "</body></html>\n"
    }

    private var overview: String {
        let head = [
            "scenario", "seed", "", "continuity, worst", "lag p95", "startup p95", "source load",
            "overhead",
        ]
        let rows = runs.map { run in
            [
                run.scenario, String(run.seed), run.isPassed ? "passed" : "failed",
                HTML.number(run.continuity.worst, 5), HTML.number(run.lagMs.p95, 0, unit: " ms"),
                HTML.number(run.startupMs.p95, 0, unit: " ms"), HTML.number(run.sourceLoad, 2),
                HTML.number(run.overhead.map { $0 * 100 }, 1, unit: " %"),
            ]
        }
        return "<h2>All runs</h2>\n" + HTMLReport.table(head, rows)
    }

    static func table(_ head: [String], _ rows: [[String]]) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            let inner = cells.map { "<\(tag)>\(HTML.escaped($0))</\(tag)>" }
            return "<tr>" + inner.joined() + "</tr>\n"
        }
        let body = rows.map { row($0, "td") }.joined()
        let top = head.isEmpty ? "" : "<thead>\(row(head, "th"))</thead>"
        return "<table>\(top)<tbody>\n\(body)</tbody></table>\n"
    }

    private static let style = """

        :root{--ink:#1b1f24;--soft:#59636e;--line:#d8dee4;--page:#fff;--mark:#b35900;
        --c0:#0969da;--c1:#cf222e;--c2:#1a7f37;--c3:#8250df}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;
        --page:#0d1117;--mark:#d29922;--c0:#58a6ff;--c1:#ff7b72;--c2:#3fb950;--c3:#bc8cff}}
        @media print{.plots{grid-template-columns:1fr 1fr}svg,tr{break-inside:avoid}:root{--ink:#000;--soft:#444;--line:#ccc;--page:#fff}}
        body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--page);
        max-width:1180px;margin:2em auto;padding:0 1em}
        h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-top:1px solid var(--line);
        padding-top:1em}h3{font-size:1em;margin-bottom:.3em}
        .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:14px}
        svg{width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}
        svg .title{fill:var(--ink);font-size:13px;font-weight:600}
        .grid,.axis{stroke:var(--line);stroke-width:1}.mark{stroke:var(--mark);
        stroke-dasharray:3 3;stroke-width:1.5}
        .series{fill:none;stroke-width:1.8;stroke-linejoin:round}
        path.s0{stroke:var(--c0)}path.s1{stroke:var(--c1);stroke-dasharray:7 3}path.s2{stroke:var(--c2)}
        path.s3{stroke:var(--c3)}svg text.s0{fill:var(--c0)}svg text.s1{fill:var(--c1)}
        svg text.s2{fill:var(--c2)}svg text.s3{fill:var(--c3)}svg text.number{fill:var(--mark)}
        table{border-collapse:collapse;font-size:.92em;margin:.4em 0}
        td,th{padding:.2em .8em .2em 0;text-align:left;vertical-align:top;
        border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}
        .passed{color:var(--c2)}.failed{color:var(--c1)}code{font-size:.92em}

        """
}
