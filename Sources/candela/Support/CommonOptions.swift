import ArgumentParser
import Basics
import Transport

/// What every command that runs for a while understands.
struct CommonOptions: ParsableArguments {
    @Option(help: "Folder for keys and the control socket.")
    var stateDir: String?

    @Option(help: "The least severe events that are logged: info, warning or error.")
    var logLevel: LogLevel = .info

    @Option(help: "How events are logged: text or json.")
    var logFormat: LogFormat = .text

    @Option(help: "Stop by itself after this many seconds.")
    var seconds: Double?

    @Flag(help: "How to show what happens: sentences, the dashboard, or nothing but errors.")
    var display: Display?

    @Option(
        help: ArgumentHelp(
            "Drop this share of what is sent, and hold the rest back: LOSS%[:DELAY].",
            discussion: "For demonstrations and benchmarks.",
            visibility: .hidden
        )
    )
    var impair: ImpairmentArgument?

    enum Display: String, EnumerableFlag {
        case plain, tui, quiet
    }

    func validate() throws {
        if let seconds, !(seconds > 0 && seconds <= 1e7) {
            throw ValidationError("--seconds takes a number above 0 and up to 10000000")
        }
    }
}

/// The least severe events that are logged.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case info, warning, error
}

/// How events are logged.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// `5%`, `5%:20ms`.
struct ImpairmentArgument: ExpressibleByArgument {
    var loss: Double
    var delay: TimeSpan

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1)
        guard let first = parts.first, first.last == "%", let percent = Double(first.dropLast()),
            (0...100).contains(percent)
        else { return nil }
        loss = percent / 100
        delay = .zero
        if parts.count == 2 {
            guard let span = SpanArgument(argument: String(parts[1])) else { return nil }
            delay = span.span
        }
    }

    var impairment: Impairment {
        Impairment(loss: loss, delay: delay, seed: SystemEntropy.number())
    }
}

/// A length of time: `250ms`, `1s`, `2.5s`, `10m` or `0`.
struct SpanArgument: ExpressibleByArgument {
    var span: TimeSpan

    init(_ span: TimeSpan) { self.span = span }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600)]
        if argument == "0" {
            span = .zero
            return
        }
        for (unit, factor) in units where argument.hasSuffix(unit) {
            let digits = argument.dropLast(unit.count)
            guard digits.allSatisfy({ $0.isNumber || $0 == "." }), let number = Double(digits)
            else { return nil }
            span = .seconds(number * factor)
            return
        }
        return nil
    }

    var defaultValueDescription: String {
        span == .zero ? "0" : "\(span.seconds)s"
    }
}

/// A rate: `5M`, `800k`, `0`.
struct RateArgument: ExpressibleByArgument {
    var rate: BitRate

    init?(argument: String) {
        if argument == "0" {
            rate = BitRate(bitsPerSecond: 0)
        } else if let parsed = BitRate(parsing: argument) {
            rate = parsed
        } else {
            return nil
        }
    }
}

/// `HOST:PORT` with a port from 0 to 65535.
struct AddressArgument: ExpressibleByArgument {
    var host: String
    var port: Int

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), colon > argument.startIndex,
            let number = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(number)
        else { return nil }
        host = String(argument[..<colon])
        port = number
    }

    var text: String { "\(host):\(port)" }

    func resolve() throws(CommandFailure) -> Endpoint {
        do {
            return try Endpoint.resolve(text)
        } catch {
            throw CommandFailure(error)
        }
    }
}
