import Basics
import CFFmpeg
import Synchronization

/// Ends libavformat's blocking calls: at a stop, and when they take too long.
///
/// libavformat asks about every 100 ms while it waits.
final class Interruption: Sendable {
    private let signal: StopSignal
    private let limit = Atomic<Int64>(.max)

    /// Makes one that follows a signal.
    init(_ signal: StopSignal) { self.signal = signal }

    /// From when on calls are cut short; nil: only at a stop.
    var deadline: Instant? {
        get {
            let value = limit.load(ordering: .acquiring)
            return value == .max ? nil : Instant(nanoseconds: value)
        }
        set { limit.store(newValue?.nanoseconds ?? .max, ordering: .releasing) }
    }

    /// Whether the stop signal was raised.
    var isStopped: Bool { signal.isRaised }

    /// Whether a call must return now.
    var isDue: Bool {
        signal.isRaised || MonotonicClock.now.nanoseconds >= limit.load(ordering: .acquiring)
    }

    /// What libavformat takes; the object must outlive whatever got it.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<Interruption>.fromOpaque(opaque).takeUnretainedValue().isDue
                    ? 1 : 0
            },
            opaque: Unmanaged.passUnretained(self).toOpaque()
        )
    }
}
