import Gateway
import Glibc
import MediaIO
import Secrecy
import Synchronization
import Telemetry
import Transport
import Wire

/// What a command ends with when it cannot do its work: one line and an exit code.
struct CommandFailure: Error {
    /// The exit codes of sysexits.h that Candela uses.
    enum Code: Int32 {
        case usage = 64
        case data = 65
        case unreachable = 69
        case bug = 70
        case io = 74
        case sourceOffline = 75
        case refused = 77
        case configuration = 78
    }

    let status: Int32
    let message: String

    init(_ code: Code, _ message: String) {
        status = code.rawValue
        self.message = message
    }

    /// Ended by a signal, without a word.
    init(signal: Int32) {
        status = 128 + signal
        message = ""
    }

    func exit() -> Never {
        if !message.isEmpty { StandardError.line("candela: \(message)", .error) }
        Glibc.exit(status)
    }
}

extension CommandFailure {
    init(_ error: IngestError) {
        switch error.code {
        case .notFound, .notReadable, .io: self.init(.io, error.message)
        case .unreachable: self.init(.unreachable, error.message)
        case .offline: self.init(.sourceOffline, error.message)
        case .empty, .notMedia, .unsupportedCodec: self.init(.data, error.message)
        case .badSource: self.init(.usage, error.message)
        }
    }

    init(_ error: TransportError) {
        switch error.code {
        case .portTaken, .addressRefused, .io: self.init(.io, error.message)
        case .unresolved: self.init(.unreachable, error.message)
        }
    }

    init(_ error: GatewayError) {
        switch error.code {
        case .badAddress: self.init(.usage, error.message)
        case .portTaken, .io, .alreadyRunning, .badReply: self.init(.io, error.message)
        case .notPermitted, .unsafeDirectory: self.init(.refused, error.message)
        case .notRunning: self.init(.unreachable, error.message)
        }
    }
}

/// Lines on standard error.
///
/// With `--log-format json` every one of them is a JSON object, those of failures too.
enum StandardError {
    private static let isJSON = Atomic<Bool>(false)

    /// From now on writes JSON objects.
    static func useJSON() { isJSON.store(true, ordering: .relaxed) }

    /// Writes a sentence, in JSON with a severity and the time.
    static func line(_ text: String, _ severity: Severity = .warning) {
        guard isJSON.load(ordering: .relaxed) else { return raw(text) }
        var row = EventRow()
        row.t = Clock.seconds
        row.severity = severity
        let mark = "candela: "
        row.text = text.hasPrefix(mark) ? String(text.dropFirst(mark.count)) : text
        raw(RowJSON.line(row))
    }

    /// Writes a line as it is.
    static func raw(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// The one line on standard output.
enum StandardOutput {
    /// Writes a line at once; fails when nobody reads it.
    static func line(_ text: String) throws(CommandFailure) {
        let bytes = Array((text + "\n").utf8)
        let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        guard count == bytes.count else {
            throw CommandFailure(.io, "standard output is closed; nobody would read the result")
        }
    }
}
