import HTTPTypes
import Telemetry

/// Whether the node does its work, for supervisors and load balancers.
enum Health {
    /// A state older than this means that the event loop hangs; it is made anew at least once a
    /// second.
    static let stateAgeMax = 10.0

    /// 200 while every channel's state is fresh, whether or not its source is on the air; else 503.
    static func reply(_ channels: [GatewayChannel], now: Double = WallClock.now) -> Reply {
        var lines: [String] = []
        var isWell = true
        for channel in channels {
            let snapshot = channel.snapshot()
            let age = snapshot.madeAt.map { now - $0 }
            let state: String
            if let age, age > stateAgeMax {
                state = "stuck: its state is \(Int(min(age, 1e9))) s old"
                isWell = false
            } else {
                state = snapshot.live ? "live" : "waiting for the source"
            }
            lines.append("\(ChannelLists.line(channel.name)): \(state)")
        }
        var reply = Reply(
            isWell ? .ok : .serviceUnavailable,
            text: ([isWell ? "ok" : "not well"] + lines).joined(separator: "\n") + "\n"
        )
        if !isWell { reply.retryAfter = 10 }
        return reply
    }
}
