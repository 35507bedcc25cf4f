public import Telemetry

/// The dashboard without a terminal: snapshots, keys and the clock go in, screens come out.
public struct DashboardModel: Sendable {
    /// What the user chose.
    public var state: ViewState
    /// What was seen of the channel that is shown.
    public var history: History { watched[channel].history }
    /// The picture that plays now.
    public var picture: Picture?
    private var watched: [Watched]
    private var clock: Double?
    private var noticeUntil = 0.0
    private let replay: Recording?
    private var playedTo: Double?

    /// A snapshot that does not come for so long means that the one who sends them is gone, in
    /// seconds: three of the dashboard's periods.
    private static let patience = 3.0
    /// How long a notice stays, in seconds.
    private static let noticeSeconds = 4.0

    /// What is known of one channel.
    private struct Watched: Sendable {
        var history = History()
        var contact = Contact.waiting
        var heardAt: Double?
    }

    /// Makes a dashboard that has seen nothing, or one that plays a recording from its beginning.
    public init(state: ViewState = ViewState(), replay: Recording? = nil) {
        self.state = state
        self.replay = replay
        watched = Array(repeating: Watched(), count: max(1, state.channelCount))
        guard let replay else { return }
        watched[0].history = replay.history
        self.state.isReplay = true
        self.state.moment = .held(history.oldest?.number ?? 0)
    }

    /// The channel that is shown.
    private var channel: Int { min(max(0, state.channel), watched.count - 1) }

    /// Takes what is known of a channel now, at most every half second a new moment of its history.
    ///
    /// `clock` is in seconds since 1970 and does not go back.
    public mutating func observe(
        _ snapshot: SwarmSnapshot?,
        of channel: Int = 0,
        at clock: Double
    ) {
        self.clock = clock
        if clock >= noticeUntil { state.notice = "" }
        guard replay == nil, watched.indices.contains(channel) else { return }
        guard let snapshot else {
            if let heardAt = watched[channel].heardAt, clock - heardAt >= DashboardModel.patience {
                watched[channel].contact = .lost(clock - heardAt)
            }
            return
        }
        watched[channel].heardAt = clock
        watched[channel].contact = .present
        watched[channel].history.append(snapshot, at: clock)
    }

    /// Moves a recording on by so many seconds, unless it is frozen.
    public mutating func play(by seconds: Double) {
        guard replay != nil, !state.isFrozen, seconds.isFinite, let time = scene.time else {
            return
        }
        let until = min(max(playedTo ?? time, time) + seconds, history.newest?.time ?? time)
        playedTo = until
        while case .held(let number) = state.moment {
            let next = history.index(of: number) + 1
            guard next < history.count, history.entries[next].time <= until else { return }
            state.moment = .held(history.entries[next].number)
        }
    }

    /// Whether nothing is known yet.
    public var isWaiting: Bool { watched[channel].contact == .waiting && replay == nil }
    /// Whether the picture was on the screen that was drawn last, or is about to be.
    public var isPictureShown: Bool { state.pane == .picture }

    /// Does what a key asks for.
    public mutating func handle(_ key: Key) -> KeyOutcome {
        if state.link.isEmpty { state.link = scene.shown.link ?? "" }
        let before = state.moment
        let outcome = state.handle(key, history)
        if replay != nil { keepInReplay(before) }
        if !state.notice.isEmpty { noticeUntil = (clock ?? 0) + DashboardModel.noticeSeconds }
        return outcome
    }

    /// Draws a screen; scroll positions and the cursor are brought into their range.
    public mutating func draw(width: Int, height: Int) -> Canvas {
        let frame = DashboardView.render(scene, state, width: width, height: height)
        state = frame.state
        return frame.canvas
    }

    /// A recording has no live moment: its end is the last one.
    private mutating func keepInReplay(_ before: Moment) {
        if state.moment == .live, let newest = history.newest {
            state.moment = before == .live ? before : .held(newest.number)
        }
        if state.moment != before { playedTo = scene.time }
    }

    private var scene: Scene {
        var scene = Scene(history, state.moment, contact: watched[channel].contact)
        if replay != nil, let time = scene.time, let first = history.oldest?.time {
            let end = (history.newest?.time ?? first) - first
            scene.contact = .replayed(at: time - first, of: end)
        }
        // Of a recording, the time of day is that of its moment.
        scene.clock = replay == nil ? clock : scene.time
        scene.picture = picture
        return scene
    }
}
