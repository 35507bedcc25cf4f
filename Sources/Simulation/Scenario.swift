/// A named experiment, as a file in `Config/scenarios/` describes it.
///
/// A line is empty, or a comment after `#`, or `key = value`, or an entry of the time line
/// (`at 20s crash 50%`), or something that the run is expected to show (`expect lag.p95 < 2s`).
/// `Config/scenarios/README.md` has all keys, verbs and measures.
public struct Scenario: Sendable {
    /// The most bytes that a scenario may have.
    public static let sizeMax = 65_536

    /// The file's name without its end.
    public var name: String
    /// What it shows, in a few words.
    public var title: String
    /// What to run.
    public var configuration: SimulationConfiguration
    /// What must come of it.
    public var requirements: [Requirement]

    /// Reads a scenario.
    ///
    /// `file` is what errors call it. `settings` are pairs of key and value that come after those of the
    /// text and win over them.
    public init(
        parsing text: String,
        name: String,
        file: String,
        settings: [(key: String, value: String)] = []
    ) throws(ScenarioError) {
        var reader = ScenarioReader(file: file)
        let draft = try reader.read(text, settings)
        self.name = name
        title = draft.title.isEmpty ? name : draft.title
        configuration = try reader.finish(draft)
        requirements = draft.requirements
    }

    /// Judges a report of it: puts down what was expected and what came.
    public func judge(_ report: inout SimulationReport) {
        report.scenario = name
        report.expectations = requirements.map { $0.judge(report) }
    }

    /// All keys, verbs and measures that scenarios may use, for the documentation's test.
    static var vocabulary: [String] {
        ScenarioDraft.keys + ScenarioDraft.verbs + Measures.table.keys.sorted()
    }
}

/// Goes through the lines of a scenario.
struct ScenarioReader {
    private var file: String
    private var line = 0
    private var key = ""
    private var seen: [String: Int] = [:]

    init(file: String) { self.file = file }

    mutating func read(
        _ text: String,
        _ settings: [(key: String, value: String)]
    ) throws(ScenarioError) -> ScenarioDraft {
        guard text.utf8.count <= Scenario.sizeMax else {
            throw error("is larger than \(Scenario.sizeMax) bytes")
        }
        var draft = ScenarioDraft()
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            line += 1
            let content = raw.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let words = (content.first ?? "").split(whereSeparator: \.isWhitespace)
            guard !words.isEmpty else { continue }
            do throws(ScenarioProblem) {
                try read(words, into: &draft)
            } catch {
                throw self.error(error.message)
            }
        }
        let name = file
        (file, line) = ("a setting from outside", 0)
        for (name, value) in settings {
            key = name
            do throws(ScenarioProblem) {
                try draft.set(name, value)
            } catch {
                throw self.error(error.message)
            }
        }
        file = name
        return draft
    }

    /// Checks what only the whole can tell.
    mutating func finish(
        _ draft: ScenarioDraft
    ) throws(ScenarioError) -> SimulationConfiguration {
        (line, key) = (0, "")
        do throws(ScenarioProblem) {
            return try draft.finished()
        } catch {
            throw self.error(error.message)
        }
    }

    private mutating func read(
        _ words: [Substring],
        into draft: inout ScenarioDraft
    ) throws(ScenarioProblem) {
        key = String(words[0].prefix(80))
        switch words[0] {
        case "at": try draft.schedule(Array(words.dropFirst()))
        case "expect": try draft.expect(Array(words.dropFirst()))
        default:
            let parts = words.joined(separator: " ").split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            key = String(trimmed(parts[0]).prefix(80))
            guard parts.count == 2 else {
                let known = ScenarioDraft.keys + ["at", "expect"]
                let nearest = Nearest.word(to: key, of: known) ?? "at"
                throw ScenarioProblem(
                    "is neither 'key = value' nor 'at …' nor 'expect …'; nearest is '\(nearest)'"
                )
            }
            if let before = seen[key] {
                throw ScenarioProblem("has a value already, in line \(before)")
            }
            seen[key] = line
            try draft.set(key, trimmed(parts[1]))
        }
    }

    private func trimmed(_ text: Substring) -> String {
        text.split(separator: " ").joined(separator: " ")
    }

    private func error(_ message: String) -> ScenarioError {
        ScenarioError(file: file, line: line, key: key, message: message)
    }
}
