import Basics

/// The values of a scenario: lengths of time, shares, rates, counts, each within bounds.
enum ScenarioValue {
    /// The longest run.
    static let spanMax = TimeSpan.seconds(86_400)
    /// The most viewers of a run.
    static let viewersMax = 100_000

    /// A length of time: `250ms`, `20s`, `5m`, `1h` or `0`.
    static func span(
        _ text: some StringProtocol,
        from least: TimeSpan = .zero,
        to most: TimeSpan = spanMax
    ) throws(ScenarioProblem) -> TimeSpan {
        let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600)]
        var span: TimeSpan?
        if text == "0" { span = .zero }
        if let (unit, factor) = units.first(where: { text.hasSuffix($0.0) }),
            let number = number(text.dropLast(unit.count))
        {
            span = .seconds(number * factor)
        }
        guard let span else {
            throw ScenarioProblem("'\(text)' is no length of time; write 250ms, 20s or 5m")
        }
        guard span >= least, span <= most else {
            throw ScenarioProblem(
                "\(text) is not between \(least.seconds)s and \(most.seconds)s"
            )
        }
        return span
    }

    /// A share: `5%` or `0.05`, from 0 to a bound.
    static func share(
        _ text: some StringProtocol,
        to most: Double = 1
    ) throws(ScenarioProblem) -> Double {
        let isPercent = text.hasSuffix("%")
        guard let number = number(isPercent ? text.dropLast() : text[...]) else {
            throw ScenarioProblem("'\(text)' is no share; write 5% or 0.05")
        }
        // A division would make .9990000000000001 of 99.9%, and reports would say so.
        let share = isPercent ? Double("\(text.dropLast())e-2") ?? number / 100 : number
        guard share <= most else { throw ScenarioProblem("\(text) is more than \(most * 100)%") }
        return share
    }

    /// A rate in bits per second: `5M`, `800k`.
    static func rate(
        _ text: some StringProtocol,
        from least: BitRate = .kilobits(1),
        to most: BitRate = .megabits(100_000)
    ) throws(ScenarioProblem) -> BitRate {
        guard let rate = BitRate(parsing: String(text)) else {
            throw ScenarioProblem("'\(text)' is no rate; write 5M or 800k, in bits per second")
        }
        guard rate >= least, rate <= most else {
            let bounds = "\(least.bitsPerSecond) and \(most.bitsPerSecond) bits per second"
            throw ScenarioProblem("\(text) is not between \(bounds)")
        }
        return rate
    }

    /// A rate, or `none` for no limit.
    static func limit(_ text: some StringProtocol) throws(ScenarioProblem) -> BitRate? {
        text == "none" ? nil : try rate(text)
    }

    /// A whole number.
    static func count(
        _ text: some StringProtocol,
        from least: Int = 1,
        to most: Int = viewersMax
    ) throws(ScenarioProblem) -> Int {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") }),
            let count = Int(String(text))
        else { throw ScenarioProblem("'\(text)' is no whole number") }
        guard count >= least, count <= most else {
            throw ScenarioProblem("\(text) is not between \(least) and \(most)")
        }
        return count
    }

    /// NATs: `none`, `measured`, or types with a slash between mapping, filtering and allocation, one or
    /// several in equal shares.
    static func nat(_ text: String) throws(ScenarioProblem) -> NatPlan? {
        switch text {
        case "none": return nil
        case "measured": return .measured
        default: break
        }
        var shares: [(type: NatType, share: Double)] = []
        for word in text.split(separator: " ") {
            guard let type = NatType.allCases.first(where: { $0.description == word }) else {
                throw ScenarioProblem(
                    "'\(word)' is no NAT; write none, measured or types like EI/APD/preserving"
                )
            }
            shares.append((type, 1))
        }
        return NatPlan(shares)
    }

    /// A number without sign and exponent: nothing else can be infinite or no number.
    private static func number(_ text: some StringProtocol) -> Double? {
        guard !text.isEmpty, text.count <= 18,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") })
        else { return nil }
        return Double(String(text))
    }

    /// The bound of an expectation: a number, a share in percent, or a length of time, which becomes
    /// milliseconds.
    static func bound(_ text: some StringProtocol) throws(ScenarioProblem) -> Double {
        if let number = number(text) { return number }
        if text.hasSuffix("%") { return try share(text, to: 1_000) }
        if text.hasSuffix("s") { return try span(text).milliseconds }
        throw ScenarioProblem("'\(text)' is no bound; write 0.99, 99% or 250ms")
    }
}
