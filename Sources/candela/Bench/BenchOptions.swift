import ArgumentParser
import Glibc

/// What every benchmark understands.
struct BenchOptions: ParsableArguments {
    @Flag(help: "Print one JSON object.")
    var json = false

    /// Prints a result the way that was asked for.
    func print(_ result: BenchResult) throws(CommandFailure) {
        for line in json ? [result.json] : result.lines { try StandardOutput.line(line) }
    }

    /// Tells a person at a terminal what is being done.
    func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { StandardError.line(text) }
    }
}
