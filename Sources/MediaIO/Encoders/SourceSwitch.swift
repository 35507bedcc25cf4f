import Basics
import Synchronization

/// Decides whose packets leave: the encoder's, or those of the offline card.
///
/// Both may come at once, on two threads; what leaves is one programme, in order, and changes only
/// at key pictures.
final class SourceSwitch: Sendable {
    private enum Source {
        case encoder
        case card
    }

    private struct State {
        var active = Source.encoder
        var splice = TransportSplice()
        /// Where the encoder may take over from the card.
        var gate = KeyGate()
        var watch = KeyFrameWatch()
        var lastArrival: Instant
        var isConnected = false
        var hasDelivered = false
        /// When the encoder's last packet left, while it is away.
        var awaySince: Instant?
        /// Ends the card's playing.
        var card: StopSignal?
    }

    /// An encoder that is silent for so long counts as away, though its connection is open.
    static let silenceMax = TimeSpan.seconds(2)

    private let name: String
    private let output: FeedOutput
    private let state: Mutex<State>

    /// Sends to an output; the name is what messages call the encoder.
    init(_ output: FeedOutput, name: String) {
        self.name = name
        self.output = output
        state = Mutex(State(lastArrival: MonotonicClock.now))
    }

    /// Whether the encoder has delivered anything since the start.
    var hasDelivered: Bool { state.withLock(\.hasDelivered) }

    /// A new connection of the encoder begins.
    func beginSession() {
        state.withLock { state in
            state.isConnected = true
            state.lastArrival = MonotonicClock.now
            state.gate = KeyGate()
            state.watch = KeyFrameWatch(after: state.watch)
            if state.active == .encoder { state.splice.cut() }
        }
    }

    /// The connection has ended.
    func endSession() {
        state.withLock { state in
            state.isConnected = false
            if state.awaySince == nil { state.awaySince = MonotonicClock.now }
        }
    }

    /// Takes the encoder's packets.
    func takeEncoder(_ packets: [UInt8]) {
        let advice: TimeSpan? = state.withLock { state in
            let now = MonotonicClock.now
            if now - state.lastArrival > SourceSwitch.silenceMax {
                state.awaySince = state.awaySince ?? state.lastArrival
                state.gate = KeyGate()
            }
            state.lastArrival = now
            let leaving = SourceSwitch.choose(packets, &state)
            if !leaving.isEmpty {
                output.deliver(leaving)
                announceReturn(&state, now)
                state.hasDelivered = true
            }
            return state.watch.observe(packets)
        }
        guard let advice else { return }
        let seconds = (advice.seconds * 10).rounded() / 10
        output.report(
            .advice(
                "\(name): no key frame for \(seconds) s, and viewers can start only at one; "
                    + "set the encoder's key frame interval to 2 s"
            )
        )
    }

    /// Takes the card's packets; they leave unless the encoder is back.
    func takeCard(_ packets: [UInt8]) {
        state.withLock { state in
            guard state.active == .card else { return }
            output.deliver(state.splice.append(packets))
        }
    }

    /// Starts the card's turn when the encoder is away; false when it is not.
    func beginCard(_ signal: StopSignal) -> Bool {
        state.withLock { state in
            let silence = MonotonicClock.now - state.lastArrival
            let isGone = !state.isConnected && state.awaySince != nil
            guard isGone || silence > SourceSwitch.silenceMax else { return false }
            state.active = .card
            state.card = signal
            state.gate = KeyGate()
            state.splice.cut()
            return true
        }
    }

    private static func choose(_ packets: [UInt8], _ state: inout State) -> [UInt8] {
        guard state.active == .card else { return state.splice.append(packets) }
        guard let opening = state.gate.append(packets[...]) else { return [] }
        state.active = .encoder
        state.card?.raise()
        state.card = nil
        return state.splice.join(opening)
    }

    private func announceReturn(_ state: inout State, _ now: Instant) {
        guard let since = state.awaySince else { return }
        state.awaySince = nil
        guard state.hasDelivered else { return }
        let seconds = ((now - since).seconds * 10).rounded() / 10
        output.report(.online("\(name): the encoder is back after \(seconds) s"))
    }
}
