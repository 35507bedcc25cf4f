import Glibc
import Synchronization

/// INT, TERM and HUP during a benchmark: noted, so that what it has started is ended first.
enum Interrupt {
    private static let number = Atomic<Int32>(0)

    /// Begins to note signals.
    static func watch() {
        // The first use sets the static up, which a signal must not do.
        number.store(0, ordering: .relaxed)
        for one in [SIGINT, SIGTERM, SIGHUP] {
            signal(one) { Interrupt.number.store($0, ordering: .relaxed) }
        }
    }

    /// Throws when a signal has come.
    static func check() throws(CommandFailure) {
        let signal = number.load(ordering: .relaxed)
        if signal != 0 { throw CommandFailure(signal: signal) }
    }
}
