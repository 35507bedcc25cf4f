import Basics

/// The statements of scenarios: `at TIME …` and `expect …`.
extension ScenarioDraft {
    /// The verbs of the time line.
    static let verbs = [
        "crash", "leave", "restart", "flap", "pause", "cut", "join", "set", "access", "rebind",
        "renumber", "crash-tracker", "restart-tracker", "restart-source",
    ]

    /// Reads what follows `expect`.
    mutating func expect(_ text: [Substring]) throws(ScenarioProblem) {
        guard text.count == 3 else {
            throw ScenarioProblem("write a measure, a relation and a bound, as in lag.p95 < 2s")
        }
        guard Measures.table[String(text[0])] != nil else {
            throw ScenarioProblem("measure", text[0], of: Measures.table.keys.sorted())
        }
        guard let relation = Requirement.Relation(rawValue: String(text[1])) else {
            throw ScenarioProblem("'\(text[1])' is none of < <= > >= ==")
        }
        requirements.append(
            Requirement(
                measure: String(text[0]),
                relation: relation,
                bound: try ScenarioValue.bound(text[2])
            )
        )
    }

    /// Reads what follows `at`.
    mutating func schedule(_ text: [Substring]) throws(ScenarioProblem) {
        var words = Words(rest: text[...])
        let at = try ScenarioValue.span(try words.next("a time"))
        let verb = String(try words.next("what happens"))
        guard ScenarioDraft.verbs.contains(verb) else {
            throw ScenarioProblem("verb", verb, of: ScenarioDraft.verbs)
        }
        let said = text.dropFirst().joined(separator: " ")
        if verb == "set" {
            let key = String(try words.next("a key of the network"))
            let value = words.takeRest()
            guard let setting = ScenarioDraft.networkSettings[key] else {
                throw ScenarioProblem("key", key, of: ScenarioDraft.networkSettings.keys.sorted())
            }
            var trial = configuration.network
            try setting(&trial, value)
            networkChanges.append(NetworkChange(at: at, key: key, value: value))
            return
        }
        let action = try action(verb, &words)
        guard words.rest.isEmpty else {
            throw ScenarioProblem("'\(words.takeRest())' is too much")
        }
        guard configuration.faults.count < 10_000 else {
            throw ScenarioProblem("more than 10000 entries")
        }
        configuration.faults.append(Fault(at: at, action, text: said))
    }

    private func action(
        _ verb: String,
        _ words: inout Words
    ) throws(ScenarioProblem) -> Fault.Action {
        switch verb {
        case "crash-tracker": return .crashTracker
        case "restart-tracker": return .restartTracker
        case "restart-source": return .restartSource(try words.span(after: "after"))
        case "join": return .join(try words.newcomers(of: classes))
        default: break
        }
        let victims = try words.victims()
        switch verb {
        case "crash": return .crash(victims)
        case "leave": return .leave(victims)
        case "rebind": return .rebind(victims)
        case "renumber": return .renumber(victims)
        case "restart":
            let wait = try words.span(after: "after")
            let within = words.rest.first == "within" ? try words.span(after: "within") : .zero
            return .restart(victims, after: wait, within: within)
        case "flap":
            let every = try words.span(after: "every", from: .milliseconds(100))
            return .flap(victims, every: every, until: try words.span(after: "until"))
        case "pause": return .pause(victims, try words.span(after: "for"))
        case "access": return .access(victims, try words.access())
        default:
            let shape = try words.shape()
            return .cut(victims, shape, try words.span(after: "for"))
        }
    }
}

/// The words of a statement, one after the other.
struct Words {
    var rest: ArraySlice<Substring>

    mutating func next(_ what: String) throws(ScenarioProblem) -> Substring {
        guard let word = rest.popFirst() else { throw ScenarioProblem("\(what) is missing") }
        return word
    }

    mutating func takeRest() -> String {
        defer { rest = [] }
        return rest.joined(separator: " ")
    }

    /// A length of time after a word that must stand before it.
    mutating func span(
        after word: String,
        from least: TimeSpan = .zero
    ) throws(ScenarioProblem) -> TimeSpan {
        let found = try next("'\(word)'")
        guard found == word else {
            throw ScenarioProblem("'\(found)' stands where '\(word)' belongs")
        }
        return try ScenarioValue.span(try next("the time after '\(word)'"), from: least)
    }

    /// `all`, `5`, `50%`, `busiest 3`, `busiest 30%`, `network` or `viewers 1,4,7`.
    mutating func victims() throws(ScenarioProblem) -> Fault.Victims {
        let word = try next("who")
        switch word {
        case "all": return .share(1)
        case "network": return .network
        case "viewers":
            var numbers: [Int] = []
            for number in try next("the viewers' numbers").split(separator: ",") {
                numbers.append(try ScenarioValue.count(number, from: 0))
            }
            return .viewers(numbers)
        case "busiest":
            let amount = try next("how many")
            return amount.hasSuffix("%")
                ? .busiestShare(try ScenarioValue.share(amount))
                : .busiest(try ScenarioValue.count(amount))
        default:
            return word.hasSuffix("%")
                ? .share(try ScenarioValue.share(word)) : .some(try ScenarioValue.count(word))
        }
    }

    mutating func shape() throws(ScenarioProblem) -> Fault.Cut {
        let word = try next("the shape of the cut")
        switch word {
        case "halves": return .halves
        case "bridge": return .bridge
        case "one-way": return .oneWay
        case "flapping":
            let period = try next("the period")
            return .flapping(try ScenarioValue.span(period, from: .milliseconds(10)))
        default:
            throw ScenarioProblem("shape", word, of: ["halves", "bridge", "one-way", "flapping"])
        }
    }

    /// `CLASS COUNT`, perhaps `within SPAN`.
    mutating func newcomers(
        of classes: [ViewerClass]
    ) throws(ScenarioProblem) -> ViewerClass {
        let name = try next("a class")
        guard var viewers = classes.first(where: { $0.name == name }) else {
            throw ScenarioProblem("class that has been given yet", name, of: classes.map(\.name))
        }
        viewers.count = try ScenarioValue.count(try next("how many"))
        viewers.joinAt = .zero
        viewers.joinSpan = rest.isEmpty ? .zero : try span(after: "within")
        return viewers
    }

    /// `up RATE` and `down RATE`, one or both.
    mutating func access() throws(ScenarioProblem) -> AccessLink {
        var link = AccessLink()
        repeat {
            let word = try next("'up' or 'down'")
            let rate = try ScenarioValue.limit(try next("a rate"))
            switch word {
            case "up": link.up = rate
            case "down": link.down = rate
            default: throw ScenarioProblem("direction", word, of: ["up", "down"])
            }
        } while !rest.isEmpty
        return link
    }
}
