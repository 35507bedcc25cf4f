public import Telemetry

/// One more channel that a dashboard can show, by the key `n`.
public struct DashboardChannel: Sendable {
    /// What is known now; it must not block.
    public var snapshot: @Sendable () -> SwarmSnapshot?
    /// The picture that plays now; it must not block.
    public var picture: @Sendable () -> Picture?

    /// Makes a channel.
    public init(
        picture: @escaping @Sendable () -> Picture? = { nil },
        snapshot: @escaping @Sendable () -> SwarmSnapshot?
    ) {
        self.picture = picture
        self.snapshot = snapshot
    }
}

/// What a dashboard on a terminal is given beside snapshots.
public struct DashboardSetup: Sendable {
    /// The name in the frame of the header, such as `candela demo`.
    public var title: String
    /// A hint in the frame of the header, such as the URL to open; may be empty.
    public var footer: String
    /// What `y` copies while no peer is chosen; empty where the snapshot's link is to be taken.
    public var link = ""
    /// What stands in the picture's place while there is none.
    public var pictureHint = "no picture yet: it comes with the next key frame"
    /// The file that stderr is appended to; without one it is kept in memory and shown after a crash.
    public var log: String?
    /// Seconds from one refresh to the next, 0.05…60.
    public var interval = 1.0
    /// Where snapshots are recorded.
    public var record: RecordingFile?
    /// The channels beside the first, which are watched too and shown one at a time.
    public var others: [DashboardChannel] = []
    /// The recording to show instead of a live swarm.
    public var replay: Recording?

    /// A setup without recordings.
    public init(title: String, footer: String, log: String? = nil) {
        self.title = title
        self.footer = footer
        self.log = log
    }
}
