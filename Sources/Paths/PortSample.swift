import Basics

/// The outside endpoint that one new socket was given.
struct PortSample: Sendable, Equatable {
    /// The number of the socket.
    var socket: Int
    /// Its inside port.
    var insidePort: UInt16
    /// How it looks from outside.
    var outside: Endpoint

    /// Farther apart, two ports are not called contiguous.
    static let deltaMax = 32

    /// How ports are allocated, by samples in the order of their first datagrams.
    ///
    /// Most of the samples must agree, not all: somebody else's mapping may come in between, and a
    /// preserved port may be taken.
    static func allocation(of samples: [PortSample])
        -> (allocation: NatType.Allocation, delta: Int8)
    {
        let kept = samples.count { $0.insidePort == $0.outside.port }
        if kept * 2 > samples.count { return (.preserving, 1) }
        let steps = zip(samples, samples.dropFirst())
            .filter { $0.socket + 1 == $1.socket }
            .map { Int($1.outside.port) - Int($0.outside.port) }
        for delta in steps where delta != 0 && abs(delta) <= deltaMax {
            let agreeing = steps.count { $0 == delta }
            if agreeing >= 2, agreeing * 2 >= steps.count { return (.contiguous, Int8(delta)) }
        }
        return (.random, 1)
    }
}
