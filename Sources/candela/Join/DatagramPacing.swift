/// When the datagrams of one delivery leave: evenly over the time until the next one is expected.
///
/// Media is released a block at a time. Sent at once, a block of a fast stream overruns the buffer
/// of a receiver's socket, 208 KiB by default on Linux.
struct DatagramPacing {
    /// Seven packets: what every receiver of transport streams over Ethernet expects.
    static let datagramSize = 7 * 188
    /// The most time over which one delivery is spread.
    static let spreadMax: Int64 = 200_000_000
    /// The share of the expected time that is used: the rest takes up jitter.
    private static let share = 0.8

    private var previous: Int64?
    /// Nanoseconds between two deliveries, smoothed.
    private var interval = 0.0

    /// Notes that a delivery came; the nanoseconds between two of its datagrams.
    mutating func gap(datagrams: Int, at now: Int64) -> Int64 {
        defer { previous = now }
        guard let previous else { return 0 }
        let measured = Double(min(max(0, now - previous), DatagramPacing.spreadMax))
        interval = interval == 0 ? measured : interval + (measured - interval) / 4
        guard datagrams > 1 else { return 0 }
        return Int64(interval * DatagramPacing.share) / Int64(datagrams)
    }
}
