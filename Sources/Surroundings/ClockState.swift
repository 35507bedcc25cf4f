public import Basics
import CSurroundings

/// Whether something keeps the system's clock right.
public enum ClockState: Sendable, Equatable {
    /// Something does; the clock is at most so far from the truth, as the kernel believes.
    case kept(errorMax: TimeSpan)
    /// Nothing does.
    case drifting
    /// The system does not tell.
    case unknown

    /// What the kernel says at present.
    public static var present: ClockState {
        var error = 0
        switch candela_clock_state(&error) {
        case 1: return .kept(errorMax: .microseconds(error))
        case 0: return .drifting
        default: return .unknown
        }
    }
}
