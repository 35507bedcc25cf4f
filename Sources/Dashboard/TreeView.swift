import Telemetry

/// Who feeds whom: stripe by stripe as a tree, or merged as a list of parents.
struct TreeView {
    private let snapshot: SwarmSnapshot
    private let state: ViewState
    private let byID: [String: PeerRow]
    /// The stripes in their order.
    let stripes: [String]
    private var glyphs: GlyphSet { state.glyphsInUse }

    /// Deeper peers are drawn at this depth: a path has at most 12 ancestors.
    private static let depthMax = 12

    /// Indexes the peers of a snapshot.
    init(_ snapshot: SwarmSnapshot, _ state: ViewState) {
        self.snapshot = snapshot
        self.state = state
        byID = Dictionary(
            snapshot.peers.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        stripes = Set(snapshot.peers.flatMap { $0.parents.keys }).sorted {
            (Int($0) ?? .max, $0) < (Int($1) ?? .max, $1)
        }
    }

    /// The stripe that is shown; nil for the merged view.
    var stripe: String? {
        let step = state.treeStep % (stripes.count + 1)
        return step > 0 ? stripes[step - 1] : nil
    }

    /// A viewer sees its own parents and children only.
    private var asFarAsKnown: String { Vantage(snapshot).isViewer ? ", seen from here" : "" }

    /// The content of the pane.
    func content() -> PaneContent {
        guard let stripe else { return merged() }
        return PaneContent(tree(stripe), note: "stripe \(stripe) (\(stripes.count) in all)")
    }

    private func merged() -> PaneContent {
        let rows = snapshot.peers
        var content = PaneContent(count: rows.count) { mergedRow(rows[$0]) }
        if !stripes.isEmpty { content.note = "all \(stripes.count) stripes\(asFarAsKnown)" }
        return content
    }

    /// A viewer knows of no parents but its own and those that it is itself.
    private func wordsWithoutParent(_ peer: PeerRow) -> String {
        if peer.role == "source" { return "source" }
        return areParentsKnown(peer) ? "no parent" : "parents not known here"
    }

    private func areParentsKnown(_ peer: PeerRow) -> Bool {
        peer.id == snapshot.own || !Vantage(snapshot).isViewer
    }

    private func mergedRow(_ peer: PeerRow) -> Line {
        var line = label(peer)
        let parents = counted(peer.parents)
        if parents.isEmpty {
            line.add(" \(wordsWithoutParent(peer))", .dim)
            return line
        }
        line.add(" \(glyphs.fedBy)", .border)
        for (parent, count) in parents {
            line.add(" \(TextWidth.printable(String(parent.prefix(4))))", .name)
            if count > 1 { line.add("\(glyphs.times)\(count)", .dim) }
        }
        return line
    }

    /// The parents with the number of stripes that each feeds, the greatest feeder first.
    private func counted(_ parents: [String: String]) -> [(String, Int)] {
        var counts: [String: Int] = [:]
        for parent in parents.values { counts[parent, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The peers below their parents, then those that hang on nobody.
    private func tree(_ stripe: String) -> [Line] {
        var children: [String: [PeerRow]] = [:]
        for peer in snapshot.peers {
            if let parent = peer.parents[stripe], byID[parent] != nil {
                children[parent, default: []].append(peer)
            }
        }
        var lines: [Line] = []
        var seen: Set<String> = []
        for peer in snapshot.peers where peer.role == "source" {
            walk(from: peer, children, &seen, &lines)
        }
        let roots = snapshot.peers.filter { peer in
            !seen.contains(peer.id) && peer.parents[stripe].flatMap({ byID[$0] }) == nil
        }
        let unfed = roots.filter(areParentsKnown)
        if !unfed.isEmpty { lines.append(Line("not fed in this stripe:", .warning)) }
        for peer in unfed { walk(from: peer, children, &seen, &lines) }
        let unknown = roots.filter { !areParentsKnown($0) }
        if !unknown.isEmpty { lines.append(Line("parents not known here:", .dim)) }
        for peer in unknown { walk(from: peer, children, &seen, &lines) }
        // What is left feeds itself in a circle.
        let circle = snapshot.peers.filter { !seen.contains($0.id) }
        if !circle.isEmpty { lines.append(Line("not fed in this stripe:", .warning)) }
        for peer in circle { walk(from: peer, children, &seen, &lines) }
        return lines
    }

    /// Depth first over a stack of its own: a hostile snapshot has neither cycles nor depth to offer.
    private func walk(
        from root: PeerRow,
        _ children: [String: [PeerRow]],
        _ seen: inout Set<String>,
        _ lines: inout [Line]
    ) {
        var stack = [Step(peer: root, indent: "", branch: "", depth: 0)]
        while let step = stack.popLast() {
            guard seen.insert(step.peer.id).inserted else { continue }
            lines.append(row(step))
            let below = children[step.peer.id, default: []].filter { !seen.contains($0.id) }
            let indent =
                step.depth < TreeView.depthMax ? step.indent + step.trail(glyphs) : step.indent
            for (index, child) in below.enumerated().reversed() {
                let isLast = index == below.count - 1
                stack.append(
                    Step(
                        peer: child,
                        indent: indent,
                        branch: isLast ? glyphs.lastBranch : glyphs.branch,
                        depth: step.depth + 1
                    )
                )
            }
        }
    }

    private func row(_ step: Step) -> Line {
        var line = Line(step.indent + step.branch, .border)
        line.add(label(step.peer))
        line.add(" \(Figures(glyphs: glyphs).seconds(step.peer.lagMs))", .dim)
        return line
    }

    private func label(_ peer: PeerRow) -> Line {
        var line = Line(String(peer.id.prefix(4)), .name)
        let name = Line(peer.name, .plain).fitted(to: 16, glyphs)
        if name.width > 0 {
            line.add(" ")
            line.add(name)
        }
        return line
    }

    /// A peer that waits for its row.
    private struct Step {
        let peer: PeerRow
        let indent: String
        let branch: String
        let depth: Int

        /// What stands before the rows below this one.
        func trail(_ glyphs: GlyphSet) -> String {
            if depth == 0 { return "" }
            return branch == glyphs.lastBranch ? "   " : glyphs.trunk
        }
    }
}
