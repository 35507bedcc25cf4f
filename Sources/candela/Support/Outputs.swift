import Basics
import Driving
import Gateway
import Glibc
import MediaIO

/// Where a viewer's media goes: players over HTTP, standard output, a recording.
final class Outputs: Sendable {
    let history = LiveHistory()
    let tap = PictureTap()
    private let pipe: BytePipe?
    private let recorder: BytePipe?

    init(_ command: JoinCommand, _ lifetime: Lifetime) throws(CommandFailure) {
        pipe = command.stdout ? Outputs.standardOutput(lifetime) : nil
        if let path = command.record {
            recorder = try Outputs.recording(path)
        } else {
            recorder = nil
        }
    }

    /// Called on the event loop with every delivery.
    func take(_ delivery: Delivery, at now: Instant) {
        history.append(LiveChunk(delivery), at: now)
        tap.append(delivery.bytes)
        pipe?.append(delivery.bytes)
        recorder?.append(delivery.bytes)
    }

    /// Writes what is left and closes.
    func finish() {
        history.finish()
        pipe?.finish()
        recorder?.finish()
    }

    private static func standardOutput(_ lifetime: Lifetime) -> BytePipe {
        BytePipe(STDOUT_FILENO, .asItComes) { error in
            let cause =
                error == EPIPE
                ? "its reader has closed it" : String(cString: strerror(error))
            lifetime.stop(.failed(CommandFailure(.io, "standard output: \(cause)")))
        }
    }

    /// A recording is only ever appended to, in whole transport stream packets, and synchronised
    /// once a second: what a crash or a power cut leaves is a valid stream.
    private static func recording(_ path: String) throws(CommandFailure) -> BytePipe {
        let handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard handle >= 0 else {
            let cause = errno == EEXIST ? "it exists already" : String(cString: strerror(errno))
            throw CommandFailure(.io, "cannot record to \(path): \(cause); choose another name")
        }
        return BytePipe(handle, .synchronised) { error in
            let cause = String(cString: strerror(error))
            StandardError.line("candela: the recording has stopped: \(cause); playing goes on")
        }
    }
}
