/// Remembers the greatest timestamp of every static key, so that a recorded initiation opens
/// nothing when it is sent again.
public struct TimestampGuard: Sendable {
    /// How many keys are remembered; the one that was used least recently goes first.
    public static let keysMax = 4_096
    private var greatest = LeastRecentTable<[UInt8], Int64>(capacity: keysMax)

    /// Makes an empty guard.
    public init() {}

    /// Whether a timestamp is later than every one before from that key; if so it is remembered.
    ///
    /// Ask only with a key that a handshake has proved.
    public mutating func accept(_ timestamp: Int64, from key: [UInt8]) -> Bool {
        if let last = greatest.peek(key), timestamp <= last { return false }
        greatest.update(key, initial: timestamp) { $0 = timestamp }
        return true
    }

    /// How many keys are remembered now.
    public var count: Int { greatest.count }
}
