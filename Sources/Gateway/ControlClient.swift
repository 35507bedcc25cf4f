public import Basics
import Glibc
public import Telemetry

/// Asks a running process for its state through its control socket.
public enum ControlClient {
    /// The most bytes of an answer: 10,000 peers of 1 KiB each, and as much again.
    private static let answerMax = 20 << 20

    /// The present snapshot.
    ///
    /// Blocks the calling thread, for `timeOut` at most.
    ///
    /// - Throws: `notRunning` when nobody serves the path, `badReply`, `notPermitted` when another
    ///   user serves it, or `io`.
    public static func snapshot(
        path: String,
        timeOut: TimeSpan = .seconds(2)
    ) throws(GatewayError) -> SwarmSnapshot {
        try SnapshotJSON.decode(try ask("snapshot", path: path, timeOut: timeOut))
    }

    /// The small picture that plays now; nil while there is none.
    ///
    /// Blocks as `snapshot` does, and throws as it does.
    public static func picture(
        path: String,
        timeOut: TimeSpan = .seconds(2)
    ) throws(GatewayError) -> ControlPicture? {
        try ControlPicture.decode(try ask("picture", path: path, timeOut: timeOut))
    }

    /// The line that answers a request.
    private static func ask(
        _ request: String,
        path: String,
        timeOut: TimeSpan
    ) throws(GatewayError) -> [UInt8] {
        let clock = ContinuousClock()
        let deadline = clock.now + .nanoseconds(timeOut.nanoseconds)
        let stream = try ControlStream()
        stream.limit(to: timeOut)
        guard try stream.connect(path) else {
            throw GatewayError(.notRunning, "Nothing runs at \(path).")
        }
        guard stream.peerUser == geteuid() else {
            throw GatewayError(.notPermitted, "\(path) is served by another user.")
        }
        try stream.write(Array("\(request)\n".utf8))
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            guard clock.now < deadline else {
                throw GatewayError(.io, "\(path) did not answer in time.")
            }
            let piece = try stream.read(64 << 10)
            guard !piece.isEmpty, answer.count + piece.count <= answerMax else {
                throw GatewayError(.badReply, "The answer of \(path) is not one line.")
            }
            answer += piece
        }
        return answer
    }
}
