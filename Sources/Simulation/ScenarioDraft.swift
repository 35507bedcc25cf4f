import Basics

/// A scenario that is being read.
struct ScenarioDraft {
    var title = ""
    var configuration = SimulationConfiguration(viewers: 1)
    var classes: [ViewerClass] = []
    var churn = ChurnPlan()
    /// Changes of the network on the time line, in the order of the file.
    var networkChanges: [NetworkChange] = []
    var requirements: [Requirement] = []

    /// A key of the network that gets another value at some time.
    struct NetworkChange {
        var at: TimeSpan
        var key: String
        var value: String
    }

    init() {
        configuration.population = []
        configuration.settle = .seconds(60)
    }

    /// What a key does with a value.
    typealias Setting = @Sendable (inout ScenarioDraft, String) throws(ScenarioProblem) -> Void

    /// Gives a key a value.
    mutating func set(_ key: String, _ value: String) throws(ScenarioProblem) {
        guard !value.isEmpty else { throw ScenarioProblem("has no value") }
        let parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.first == "class" { return try setClass(parts, value) }
        if let setting = ScenarioDraft.settings[key] { return try setting(&self, value) }
        if let setting = ScenarioDraft.networkSettings[key] {
            return try setting(&configuration.network, value)
        }
        throw ScenarioProblem("key", key, of: ScenarioDraft.keys)
    }

    private mutating func setClass(
        _ parts: [String],
        _ value: String
    ) throws(ScenarioProblem) {
        guard parts.count == 3, ScenarioDraft.isName(parts[1]) else {
            throw ScenarioProblem("write class.NAME.count, with a name of letters and digits")
        }
        guard let setting = ScenarioDraft.classSettings[parts[2]] else {
            let known = ScenarioDraft.classSettings.keys.sorted()
            throw ScenarioProblem("key of a class", parts[2], of: known)
        }
        let at = classes.firstIndex { $0.name == parts[1] } ?? classes.count
        if at == classes.count {
            guard classes.count < 16 else { throw ScenarioProblem("more than 16 classes") }
            var viewers = ViewerClass(count: 0)
            viewers.name = parts[1]
            classes.append(viewers)
        }
        try setting(&classes[at], value)
    }

    static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    /// All keys, those of classes with `NAME` for the class.
    static let keys =
        (Array(settings.keys) + networkSettings.keys + classSettings.keys.map { "class.NAME.\($0)" })
        .sorted()

    /// The configuration, once everything has been read.
    func finished() throws(ScenarioProblem) -> SimulationConfiguration {
        var result = configuration
        guard !classes.isEmpty else {
            throw ScenarioProblem("there is nobody to watch; give class.NAME.count")
        }
        for viewers in classes where viewers.count == 0 {
            throw ScenarioProblem("class.\(viewers.name).count is missing")
        }
        result.population = classes
        result.faults += try networkFaults()
        result.faults += churn.faults(for: classes, until: result.duration)
        result.churn = churn.model
        result.faults.sort { $0.at < $1.at }
        for fault in result.faults where fault.at > result.duration {
            throw ScenarioProblem(
                "'\(fault.text)' at \(fault.at.seconds)s comes after the end at "
                    + "\(result.duration.seconds)s"
            )
        }
        let joining = result.faults.reduce(0) { sum, fault in
            if case .join(let viewers) = fault.action { return sum + viewers.count }
            return sum
        }
        guard classes.reduce(joining, { $0 + $1.count }) <= ScenarioValue.viewersMax else {
            throw ScenarioProblem("more than \(ScenarioValue.viewersMax) viewers in all")
        }
        return result
    }

    /// Every change of the network makes a whole new one, in the order of time.
    private func networkFaults() throws(ScenarioProblem) -> [Fault] {
        var network = configuration.network
        var faults: [Fault] = []
        let ordered = networkChanges.enumerated().sorted {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }
        for (_, change) in ordered {
            try ScenarioDraft.networkSettings[change.key]?(&network, change.value)
            faults.append(
                Fault(at: change.at, .network(network), text: "\(change.key) \(change.value)")
            )
        }
        return faults
    }
}

/// One of the churn models C0 to C10 of SECURITY section 3, and when it acts.
struct ChurnPlan {
    /// The names of the models.
    static let names = (0...10).map { "C\($0)" }

    var name = "C0"
    var from = TimeSpan.seconds(10)
    var until: TimeSpan?
    /// The share of the victims of C5, C7 and C10; nil for what the model says.
    var share: Double?

    /// The model of stays that it is, if it is one.
    var model: Churn? {
        let stays: [String: Churn.Stay] = [
            "C1": .exponential(mean: 300), "C2": .exponential(mean: 100),
            "C3": .pareto(alpha: 1.5, least: 20), "C4": .lognormal(median: 240, sigma: 1.5),
        ]
        guard let stay = stays[name] else { return nil }
        var churn = Churn(stay)
        churn.from = from
        churn.until = until
        return churn
    }

    /// The entries of the time line that it is, if it is no model of stays.
    func faults(for classes: [ViewerClass], until end: TimeSpan) -> [Fault] {
        switch name {
        case "C5": [Fault(at: from, .crash(.share(share ?? 0.5)), text: "simultaneous deaths")]
        case "C6": flashCrowd(of: classes)
        case "C7": [Fault(at: from, .crash(.busiestShare(share ?? 0.3)), text: "kill the best")]
        case "C8": [Fault(at: from, .crash(.network), text: "a network dies")]
        case "C9":
            [
                Fault(
                    at: from,
                    .restart(.share(1), after: .zero, within: .seconds(2)),
                    text: "mass restart"
                )
            ]
        case "C10":
            [
                Fault(
                    at: from,
                    .flap(.share(share ?? 0.1), every: .seconds(15), until: until ?? end),
                    text: "flapping"
                )
            ]
        default: []
        }
    }

    /// Ten times the audience comes within 10 s; later it goes in two waves.
    ///
    /// Whoever has no picture after 10 s gives up and tries again.
    private func flashCrowd(of classes: [ViewerClass]) -> [Fault] {
        let crowd = classes.map { viewers -> Fault in
            var more = viewers
            more.count = viewers.count * 9
            more.joinAt = .zero
            more.joinSpan = .seconds(10)
            more.patience = .seconds(10)
            return Fault(at: from, .join(more), text: "flash crowd: \(more.count) more")
        }
        let decay = [20, 25].map { after in
            Fault(at: from + .seconds(after), .leave(.share(0.3)), text: "a third loses interest")
        }
        let last = until ?? TimeSpan(nanoseconds: .max)
        return crowd + decay.filter { $0.at < last }
    }
}
