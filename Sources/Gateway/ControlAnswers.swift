import Telemetry

/// What a control socket tells.
struct ControlAnswers: Sendable {
    /// The requests that there are, each a line.
    enum Request: String {
        case snapshot, picture
    }

    /// Gives the present state.
    let snapshot: @Sendable () -> SwarmSnapshot
    /// Gives the picture that plays now.
    let picture: @Sendable () -> ControlPicture?

    /// The answer, one line without the line feed.
    func line(for request: Request) -> [UInt8] {
        switch request {
        case .snapshot: SnapshotJSON.encode(snapshot())
        case .picture: ControlPicture.encode(picture())
        }
    }
}
