import Basics
import Chandelier
import Secrecy

/// The keys of scenarios, and what each does with its value.
///
/// `Config/scenarios/README.md` says what they mean.
extension ScenarioDraft {
    typealias ClassSetting = @Sendable (inout ViewerClass, String) throws(ScenarioProblem) -> Void
    typealias NetworkSetting =
        @Sendable (inout NetworkModel, String) throws(ScenarioProblem) -> Void

    static let settings: [String: Setting] = [
        "title": { (draft, value) throws(ScenarioProblem) in draft.title = value },
        "duration": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.duration = try ScenarioValue.span(value, from: .seconds(1))
        },
        "settle": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.settle =
                value == "none" ? nil : try ScenarioValue.span(value, from: .seconds(1))
        },
        "steady-from": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.steadyFrom =
                value == "none" ? nil : try ScenarioValue.span(value, from: .seconds(1))
        },
        "rate": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.rate = try ScenarioValue.rate(
                value,
                from: .kilobits(50),
                to: .megabits(50)
            )
        },
        "key-frames": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.keyFrameInterval = try ScenarioValue.span(
                value,
                from: .milliseconds(40),
                to: .seconds(20)
            )
        },
        "cryptography": { (draft, value) throws(ScenarioProblem) in
            switch value {
            case "stand-in": draft.configuration.suite = .standIn
            case "noise": draft.configuration.suite = .noise
            default: throw ScenarioProblem("cryptography", value, of: ["stand-in", "noise"])
            }
        },
        "tracker": { (draft, value) throws(ScenarioProblem) in
            switch value {
            case "at-source": draft.configuration.trackerPlace = .atSource
            case "separate": draft.configuration.trackerPlace = .separate
            default: throw ScenarioProblem("place", value, of: ["at-source", "separate"])
            }
        },
        "optimiser": { (draft, value) throws(ScenarioProblem) in
            guard let optimiser = Optimiser(rawValue: value) else {
                let known = Optimiser.allCases.map(\.rawValue)
                throw ScenarioProblem("optimiser", value, of: known)
            }
            draft.configuration.optimiser = optimiser
        },
        "clock.skew": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.clockSkewMax = try ScenarioValue.span(value, to: .seconds(3_600))
        },
        "source.up": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.sourceAccess.up = try ScenarioValue.limit(value)
        },
        "source.down": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.sourceAccess.down = try ScenarioValue.limit(value)
        },
        "source.queue": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.sourceAccess.queue = try ScenarioValue.span(value, to: .seconds(10))
        },
        "source.cap": { (draft, value) throws(ScenarioProblem) in
            draft.configuration.sourceCap = try ScenarioValue.limit(value)
        },
        "source.nat": { (draft, value) throws(ScenarioProblem) in
            guard draft.configuration.trackerPlace == .separate else {
                throw ScenarioProblem("comes after tracker = separate")
            }
            draft.configuration.sourceNat = try ScenarioValue.nat(value)
        },
        "churn": { (draft, value) throws(ScenarioProblem) in
            guard ChurnPlan.names.contains(value) else {
                throw ScenarioProblem("churn model", value, of: ChurnPlan.names)
            }
            draft.churn.name = value
        },
        "churn.from": { (draft, value) throws(ScenarioProblem) in
            draft.churn.from = try ScenarioValue.span(value)
        },
        "churn.until": { (draft, value) throws(ScenarioProblem) in
            draft.churn.until = try ScenarioValue.span(value)
        },
        "churn.share": { (draft, value) throws(ScenarioProblem) in
            draft.churn.share = try ScenarioValue.share(value)
        },
    ]

    static let networkSettings: [String: NetworkSetting] = [
        "network.delay": { (network, value) throws(ScenarioProblem) in
            network.delay = try ScenarioValue.span(value, to: .seconds(10))
        },
        "network.spread": { (network, value) throws(ScenarioProblem) in
            network.delaySpread = try ScenarioValue.share(value)
        },
        "network.jitter": { (network, value) throws(ScenarioProblem) in
            network.jitter = try ScenarioValue.span(value, to: .seconds(10))
        },
        "network.loss": { (network, value) throws(ScenarioProblem) in
            network.loss = try ScenarioValue.share(value)
        },
        "network.burst": { (network, value) throws(ScenarioProblem) in
            guard value != "none" else {
                network.burst = nil
                return
            }
            let words = value.split(separator: " ")
            guard words.count == 2 else {
                throw ScenarioProblem("write the share lost and the length of a burst, as in 5% 8")
            }
            network.burst = BurstLoss(
                share: try ScenarioValue.share(words[0], to: 0.9),
                length: Double(try ScenarioValue.count(words[1], to: 10_000))
            )
        },
        "network.reorder": { (network, value) throws(ScenarioProblem) in
            network.reorder = try ScenarioValue.share(value)
        },
        "network.reorder-by": { (network, value) throws(ScenarioProblem) in
            network.reorderBy = try ScenarioValue.span(value, to: .seconds(10))
        },
        "network.duplicate": { (network, value) throws(ScenarioProblem) in
            network.duplicate = try ScenarioValue.share(value)
        },
        "network.corrupt": { (network, value) throws(ScenarioProblem) in
            network.corrupt = try ScenarioValue.share(value)
        },
    ]

    static let classSettings: [String: ClassSetting] = [
        "count": { (viewers, value) throws(ScenarioProblem) in
            viewers.count = try ScenarioValue.count(value)
        },
        "join": { (viewers, value) throws(ScenarioProblem) in
            viewers.joinAt = try ScenarioValue.span(value)
        },
        "join-within": { (viewers, value) throws(ScenarioProblem) in
            viewers.joinSpan = try ScenarioValue.span(value)
        },
        "latency": { (viewers, value) throws(ScenarioProblem) in
            viewers.latency = try ScenarioValue.span(value, to: .seconds(60))
        },
        "up": { (viewers, value) throws(ScenarioProblem) in
            viewers.access.up = try ScenarioValue.limit(value)
        },
        "down": { (viewers, value) throws(ScenarioProblem) in
            viewers.access.down = try ScenarioValue.limit(value)
        },
        "queue": { (viewers, value) throws(ScenarioProblem) in
            viewers.access.queue = try ScenarioValue.span(value, to: .seconds(10))
        },
        "cap": { (viewers, value) throws(ScenarioProblem) in
            viewers.uploadCap =
                value == "0" ? BitRate(bitsPerSecond: 0) : try ScenarioValue.limit(value)
        },
        "patience": { (viewers, value) throws(ScenarioProblem) in
            viewers.patience = value == "none" ? nil : try ScenarioValue.span(value)
        },
        "nat": { (viewers, value) throws(ScenarioProblem) in
            let timeout = viewers.nat?.bindingTimeout
            viewers.nat = try ScenarioValue.nat(value)
            if let timeout { viewers.nat?.bindingTimeout = timeout }
        },
        "nat-timeout": { (viewers, value) throws(ScenarioProblem) in
            guard viewers.nat != nil else { throw ScenarioProblem("comes after the class's nat") }
            viewers.nat?.bindingTimeout = try ScenarioValue.span(value, from: .seconds(1))
        },
        "per-network": { (viewers, value) throws(ScenarioProblem) in
            viewers.perNetwork = try ScenarioValue.count(value, to: 250)
        },
    ]
}
