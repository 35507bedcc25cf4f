import Basics
import Driving
import Gateway
import Glibc
import MediaIO

/// Where a viewer's media goes: players over HTTP, standard output, datagrams, a recording.
final class Outputs: Sendable {
    /// What there is beside HTTP.
    struct Plan: Sendable {
        /// Standard output gets the stream.
        var usesStandardOutput = false
        /// The file to record to.
        var record: String?
        /// Where datagrams go.
        var datagrams: DatagramAddress?
        /// Keeps the past for players.
        var shift: TimeShift?
    }

    let history: LiveHistory
    /// Looks at what is played.
    let tap = PictureTap()
    private let pipe: BytePipe?
    private let recorder: BytePipe?
    private let datagrams: DatagramOutput?

    init(_ plan: Plan, _ lifetime: Lifetime) throws(CommandFailure) {
        history = LiveHistory(archive: plan.shift)
        if let address = plan.datagrams {
            datagrams = try DatagramOutput(address)
        } else {
            datagrams = nil
        }
        if let path = plan.record {
            recorder = try Outputs.recording(path)
        } else {
            recorder = nil
        }
        pipe = plan.usesStandardOutput ? Outputs.standardOutput(lifetime) : nil
    }

    /// Called on the event loop with every delivery.
    func take(_ delivery: Delivery, at now: Instant) {
        history.append(LiveChunk(delivery), at: now)
        tap.append(delivery.bytes)
        pipe?.append(delivery.bytes)
        recorder?.append(delivery.bytes)
        datagrams?.append(delivery.bytes)
    }

    /// Writes what is left and closes.
    func finish() {
        history.finish()
        pipe?.finish()
        recorder?.finish()
        datagrams?.finish()
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
