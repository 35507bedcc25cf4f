import Basics
import Driving
import Gateway
import MediaIO
import Synchronization
import Telemetry
import Transport
import Wire

/// Plays a programme: the only rendition that there is, or one of several at a time.
///
/// It moves to another at a key picture, while the old one still comes; players see one stream.
final class RenditionPlayer: Sendable {
    /// What it needs to join.
    struct Setup: Sendable {
        /// The renditions, best first: their names and channels.
        var renditions: [ChannelLink.Rendition]
        /// How to join, but for the channel.
        var station: ViewerStation.Settings
        /// What is asked for.
        var choice: RenditionState.Choice
        let outputs: Outputs
        let display: DisplayHost
        let onStop: @Sendable (StopReason) -> Void
    }

    private enum Work: Sendable {
        case tick
        case choose(RenditionState.Choice)
        case release(Int)
        case recover(Int)
    }

    private static let tickTime = Duration.seconds(1)

    private let setup: Setup
    private let state: Mutex<RenditionState>
    private let stations = Mutex<[Int: ViewerStation]>([:])
    private let work: AsyncStream<Work>.Continuation
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// Joins the rendition that is asked for.
    static func start(_ setup: Setup) async throws -> RenditionPlayer {
        let (queue, work) = AsyncStream.makeStream(
            of: Work.self,
            bufferingPolicy: .bufferingNewest(64)
        )
        let player = RenditionPlayer(setup, work)
        try await player.join(player.state.withLock { $0.active })
        guard setup.renditions.count > 1 else { return player }
        let running = Task { await player.run(queue) }
        let ticking = Task {
            while (try? await Task.sleep(for: tickTime)) != nil { work.yield(.tick) }
        }
        player.tasks.withLock { $0 = [running, ticking] }
        return player
    }

    private init(_ setup: Setup, _ work: AsyncStream<Work>.Continuation) {
        self.setup = setup
        self.work = work
        state = Mutex(RenditionState(setup.choice, count: setup.renditions.count))
    }

    /// How the rendition in use fares.
    var snapshot: SwarmSnapshot {
        let (active, next) = state.withLock { ($0.active, $0.next) }
        let station = stations.withLock { stations in
            stations[active] ?? next.flatMap { stations[$0] }
        }
        return station?.snapshot() ?? SwarmSnapshot()
    }

    /// Says goodbye to everybody.
    func stop() async {
        work.finish()
        let tasks = tasks.withLock { $0 }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let stations = stations.withLock { $0.values.map(\.self) }
        for station in stations { await station.stop() }
    }

    /// The menu for players; nil when there is nothing to choose.
    var menu: GatewayRenditions? {
        let names = setup.renditions.map(\.name)
        guard names.count > 1 else { return nil }
        return GatewayRenditions(
            names: names,
            playing: { [self] in
                let (active, choice) = state.withLock { ($0.next ?? $0.active, $0.choice) }
                let chosen: String
                switch choice {
                case .automatic: chosen = GatewayRenditions.automatic
                case .fixed(let index): chosen = names[index]
                }
                return .init(active: names[active], choice: chosen)
            },
            choose: { [work] name in
                let index = names.firstIndex(of: name)
                work.yield(.choose(index.map { .fixed($0) } ?? .automatic))
            }
        )
    }

    // MARK: Private

    private func run(_ queue: AsyncStream<Work>) async {
        for await work in queue {
            switch work {
            case .tick: await tick()
            case .choose(let choice): await choose(choice)
            case .release(let index): await release(index)
            case .recover(let index):
                await release(index)
                await recover(after: index)
            }
        }
    }

    private func choose(_ choice: RenditionState.Choice) async {
        let (active, next) = state.withLock { state in
            state.choice = choice
            return (state.active, state.next)
        }
        guard case .fixed(let index) = choice, index != next ?? active else { return }
        guard isJoined(active) else { return await begin(index, .instead) }
        guard index == active else { return await begin(index, .beside) }
        // Back to the one that still plays: what is on its way is not wanted any more.
        if let old = state.withLock({ $0.abandon(at: DriverClock().now, .always) }) {
            await release(old)
        }
    }

    private func tick() async {
        let now = DriverClock().now
        if let late = state.withLock({ $0.abandon(at: now, .whenLate) }) {
            say("the rendition \(name(late)) does not come")
            await release(late)
            await recover(after: late)
        }
        let rows = snapshot.peers
        guard let own = rows.first(where: { $0.path == "self" }), let due = own.chunksDue,
            let inTime = own.chunksInTime
        else { return }
        let (step, active) = state.withLock {
            ($0.observe(due: due, inTime: inTime, at: now), $0.active)
        }
        switch step {
        case nil: break
        // A down-link that does not carry one carries still less of two.
        case .move(let target)?: await begin(target, target > active ? .instead : .beside)
        case .giveUp(let tried)?:
            say("the down-link does not carry the rendition \(name(tried)) yet")
            await release(tried)
        }
    }

    /// Joins another rendition; it plays from its first key picture on.
    private func begin(_ index: Int, _ manner: StreamJoin.Manner) async {
        let now = DriverClock().now
        let (active, old) = state.withLock { ($0.active, $0.begin(index, manner, at: now)) }
        if let old, old != index { await release(old) }
        say("moving to the rendition \(name(index))")
        do {
            try await join(index)
        } catch {
            _ = state.withLock { $0.abandon(at: now, .always) }
            return say("the rendition \(name(index)) cannot be joined: \(error)")
        }
        if manner == .instead, active != index { await release(active) }
    }

    /// When nothing plays any more, goes on with the next worse rendition, in the end with the last.
    private func recover(after index: Int) async {
        guard !isJoined(state.withLock { $0.active }) else { return }
        await begin(min(index + 1, setup.renditions.count - 1), .instead)
    }

    private func isJoined(_ index: Int) -> Bool { stations.withLock { $0[index] != nil } }

    private func join(_ index: Int) async throws {
        var settings = setup.station
        settings.channel = setup.renditions[index].channel
        // A second one beside the first takes any port that is free.
        if !stations.withLock({ $0.isEmpty }) { settings.listen = settings.listen.with(port: 0) }
        let station = try await ViewerStation.start(
            settings,
            sink: .init(tap: setup.outputs.tap) { [self] in take($0, of: index, at: $1) },
            display: setup.display,
            onStop: { [self] in ended(index, $0) }
        )
        stations.withLock { $0[index] = station }
    }

    private func release(_ index: Int) async {
        guard let station = stations.withLock({ $0.removeValue(forKey: index) }) else { return }
        await station.stop()
    }

    /// A rendition has ended: the programme does when it is the one that plays.
    private func ended(_ index: Int, _ reason: StopReason) {
        let (isActive, isNext) = state.withLock { ($0.active == index, $0.next == index) }
        if isActive { return setup.onStop(reason) }
        guard isNext else { return }
        _ = state.withLock { $0.abandon(at: DriverClock().now, .always) }
        work.yield(.recover(index))
    }

    private func take(_ delivery: Delivery, of index: Int, at now: Instant) {
        guard setup.renditions.count > 1 else { return setup.outputs.take(delivery, at: now) }
        // Handed on under the lock, so that two event loops cannot swap what they bring.
        state.withLock { state in
            switch state.take(delivery, of: index, at: now) {
            case .nothing: break
            case .deliver(let delivery): setup.outputs.take(delivery, at: now)
            case .handOver(let deliveries, from: let old):
                for delivery in deliveries { setup.outputs.take(delivery, at: now) }
                work.yield(.release(old))
            }
        }
    }

    private func name(_ index: Int) -> String { setup.renditions[index].name }

    private func say(_ text: String) {
        let event = Event(time: DriverClock().now, severity: .info, kind: .stream, text: text)
        setup.display.log(event)
    }
}
