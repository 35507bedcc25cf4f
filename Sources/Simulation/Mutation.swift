import Basics
import Driving
import Telemetry

/// A breach of an invariant, made on purpose: it shows that the invariant's check can fire.
///
/// For tests. Nothing in the cores knows of it; it distorts what they ask for, or what the inspector
/// sees.
enum Mutation: CaseIterable {
    /// A byte of what is played is changed (invariant 1).
    case changeByte
    /// Answers are sent thirty times (invariant 2).
    case shout
    /// Sealed datagrams are sent twice (invariant 3).
    case repeatNonce
    /// A call asks for endless effects (invariant 4).
    case flood
    /// Everything is sent over and over again (invariant 5).
    case overspend
    /// Two viewers are each other's parents (invariant 8).
    case loop
    /// What is played is played twice (invariant 9).
    case replay
    /// A viewer's deliveries are kept from him after some seconds (invariant 12).
    case mute
    /// Timers are set and never forgotten (invariant 13).
    case hoard
    /// Deliveries are lost at random, to the end (invariant 15).
    case holes

    /// The invariant that it breaks.
    var invariant: Int {
        switch self {
        case .changeByte: 1
        case .shout: 2
        case .repeatNonce: 3
        case .flood: 4
        case .overspend: 5
        case .loop: 8
        case .replay: 9
        case .mute: 12
        case .hoard: 13
        case .holes: 15
        }
    }

    /// Changes what a core asked for.
    func distort(_ effects: inout Effects, of machine: Machine, at now: Instant) {
        switch self {
        case .changeByte, .replay, .mute, .holes:
            effects.list = effects.list.flatMap { distorted($0, of: machine, at: now) }
        case .shout: multiply(&effects, by: 30) { $0.count == 57 || $0[0] & 15 == 2 }
        case .repeatNonce: multiply(&effects, by: 2) { $0[0] & 15 == 4 }
        case .overspend: multiply(&effects, by: 60) { _ in true }
        case .flood:
            let event = Event(time: now, severity: .info, kind: .stream, text: "flood")
            effects.list += repeatElement(.report(event), count: Inspector.effectsMax + 1)
        case .hoard: machine.timersWaiting += 10
        case .loop: break
        }
    }

    private func distorted(_ effect: Effect, of machine: Machine, at now: Instant) -> [Effect] {
        guard case .deliver(var delivery) = effect else { return [effect] }
        let isFirst = machine.seat?.number == 0
        switch self {
        case .changeByte:
            var bytes = delivery.bytes.array
            bytes[bytes.count / 2] ^= 1
            delivery.bytes = Bytes(bytes)
            return [.deliver(delivery)]
        case .replay: return [effect, effect]
        case .mute: return isFirst && now > World.start + .seconds(5) ? [] : [effect]
        case .holes: return isFirst && machine.random.unit() < 0.1 ? [] : [effect]
        default: return [effect]
        }
    }

    private func multiply(
        _ effects: inout Effects,
        by factor: Int,
        where applies: ([UInt8]) -> Bool
    ) {
        effects.list = effects.list.flatMap { effect -> [Effect] in
            guard case .send(let datagram, _) = effect, !datagram.isEmpty, applies(datagram.bytes)
            else {
                return [effect]
            }
            return Array(repeating: effect, count: factor)
        }
    }
}
