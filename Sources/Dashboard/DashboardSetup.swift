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
    /// The recording to show instead of a live swarm.
    public var replay: Recording?

    /// A setup without recordings.
    public init(title: String, footer: String, log: String? = nil) {
        self.title = title
        self.footer = footer
        self.log = log
    }
}
