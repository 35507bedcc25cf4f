public import Telemetry

/// The dashboard without a terminal: snapshots, keys and the clock go in, screens come out.
public struct DashboardModel: Sendable {
    /// What the user chose.
    public var state: ViewState
    /// What was seen.
    public private(set) var history: History
    /// The picture that plays now.
    public var picture: Picture?
    private var contact = Contact.waiting
    private var clock: Double?
    private var heardAt: Double?
    private var noticeUntil = 0.0
    private let replay: Recording?
    private var playedTo: Double?

    /// A snapshot that does not come for so long means that the one who sends them is gone, in
    /// seconds: three of the dashboard's periods.
    private static let patience = 3.0
    /// How long a notice stays, in seconds.
    private static let noticeSeconds = 4.0

    /// Makes a dashboard that has seen nothing, or one that plays a recording from its beginning.
    public init(state: ViewState = ViewState(), replay: Recording? = nil) {
        self.state = state
        self.replay = replay
        guard let replay else {
            history = History()
            return
        }
        history = replay.history
        self.state.isReplay = true
        self.state.moment = .held(history.oldest?.number ?? 0)
    }

    /// Takes what is known now, at most every half second a new moment of the history; `clock` is in
    /// seconds since 1970 and does not go back.
    public mutating func observe(_ snapshot: SwarmSnapshot?, at clock: Double) {
        self.clock = clock
        if clock >= noticeUntil { state.notice = "" }
        guard replay == nil else { return }
        guard let snapshot else {
            if let heardAt, clock - heardAt >= DashboardModel.patience {
                contact = .lost(clock - heardAt)
            }
            return
        }
        heardAt = clock
        contact = .present
        history.append(snapshot, at: clock)
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
    public var isWaiting: Bool { contact == .waiting && replay == nil }
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
        var scene = Scene(history, state.moment, contact: contact)
        if replay != nil, let time = scene.time, let first = history.oldest?.time {
            let end = (history.newest?.time ?? first) - first
            scene.contact = .replayed(at: time - first, of: end)
        }
        scene.clock = clock
        scene.picture = picture
        return scene
    }
}
