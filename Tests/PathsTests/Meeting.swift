import Basics
import Paths
import Simulation

/// Two peers behind two NATs, and a tracker that both can reach: one introduction, punch by punch.
///
/// A peer sends at most six punches to where it was told to, answers whoever reaches it, and has met
/// the other when it has heard that the other hears it.
struct Meeting {
    /// What the two do.
    enum Manner {
        /// Some of them send to the endpoint that the tracker sees, and all answer.
        case simple(senders: ClosedRange<Int>)
        /// Some of them send to foretold ports, whatever the strategy says, and all answer.
        case prediction(senders: ClosedRange<Int>)
        /// Both follow the plan for their types; nothing happens when there is none.
        case planned
    }

    private enum Occurrence {
        case punch(side: Int, number: Int)
        case arrival(side: Int, from: Endpoint, to: Endpoint, hears: Bool)
    }

    private struct Side {
        var box: NatBox
        let host: Endpoint
        var socket: Endpoint
        var targets: [Endpoint] = []
        var hears = false
        var isHeard = false
        var farEndpoint: Endpoint?
        var sent = 0
    }

    static let tracker = Endpoint(ipv4: 0xC633_640A, port: 3_478)
    private static let schedule = [0, 40, 120, 300, 900, 2_400]
    private static let (shared, fresh, probe): (UInt16, UInt16, UInt16) = (5_000, 6_000, 7_000)

    private var sides: [Side]
    private var outlooks: [PortPrediction.Outlook] = []
    private var heap = EventHeap<Occurrence>()
    private var random: SeededRandom
    private let loss: Double
    /// Punches sent to where nobody had been heard from, by side.
    var punches: [Int] { sides.map(\.sent) }

    init(_ types: [NatType], delta: Int8 = 1, loss: Double = 0, seed: UInt64) {
        random = SeededRandom(seed: seed)
        self.loss = loss
        sides = types.enumerated().map { index, type in
            let outside = Endpoint(ipv4: 0xCB00_710A + UInt32(index), port: 0)
            var configuration = NatBox.Configuration(type, outside: outside)
            configuration.delta = Int(delta)
            let host = Endpoint(ipv4: 0x0A00_0102, port: Meeting.shared)
            let box = NatBox(configuration, seed: seed &* 31 &+ UInt64(index))
            return Side(box: box, host: host, socket: host)
        }
        outlooks = sides.indices.map { look($0, delta: delta) }
    }

    /// What the tracker learns of a side: its shared socket's endpoint, then the newest port.
    private mutating func look(_ side: Int, delta: Int8) -> PortPrediction.Outlook {
        let host = sides[side].host
        let type = sides[side].box.configuration.type
        let at = Instant.origin
        let observed = sides[side].box.outbound(from: host, to: Meeting.tracker, at: at)
        let newest = sides[side].box.outbound(
            from: host.with(port: Meeting.probe),
            to: Meeting.tracker,
            at: at
        )
        let isFresh = PunchPlan.socket(of: type) == .fresh
        var outlook = PortPrediction.Outlook(
            type: type,
            observed: observed ?? host,
            insidePort: isFresh ? Meeting.fresh : Meeting.shared,
            delta: delta
        )
        outlook.newestPort = newest?.port ?? 0
        return outlook
    }

    /// Others behind one of the NATs open mappings between the tracker's look and the introduction.
    mutating func disturb(side: Int, mappings: Int) {
        for number in 0..<mappings {
            let inside = Endpoint(ipv4: 0x0A00_0103, port: 9_000 + UInt16(number))
            _ = sides[side].box.outbound(from: inside, to: Meeting.tracker, at: .origin)
        }
    }

    /// Whether the two meet.
    mutating func succeeds(_ manner: Manner) -> Bool {
        for side in 0..<2 { guard aim(side, manner) else { return false } }
        for side in 0..<2 {
            for (number, delay) in Meeting.schedule.enumerated() {
                heap.insert(
                    .punch(side: side, number: number),
                    at: .origin + .milliseconds(delay + 7 * side)
                )
            }
        }
        while let (now, event) = heap.removeFirst() { take(event, at: now) }
        return sides.allSatisfy { $0.hears && $0.isHeard }
    }

    private mutating func aim(_ side: Int, _ manner: Manner) -> Bool {
        let (near, far) = (outlooks[side], outlooks[1 - side])
        var socket = PunchPlan.Socket.shared
        switch manner {
        case .simple(let senders):
            sides[side].targets = senders.contains(side) ? [far.observed] : []
        case .prediction(let senders):
            socket = PunchPlan.socket(of: near.type)
            let hasOneTry = socket == .fresh && near.type.mapping == .addressAndPortDependent
            let ports = PortPrediction(far, count: hasOneTry ? 1 : 6).ports
            let targets = ports.map { far.observed.with(port: $0) }
            sides[side].targets = senders.contains(side) ? targets : []
        case .planned:
            guard let plan = PunchPlan(from: near, to: far) else { return false }
            socket = plan.socket
            sides[side].targets = plan.targets
        }
        let port = socket == .fresh ? Meeting.fresh : Meeting.shared
        sides[side].socket = sides[side].host.with(port: port)
        return true
    }

    private mutating func take(_ event: Occurrence, at now: Instant) {
        switch event {
        case .punch(let side, let number):
            let targets = sides[side].targets
            guard !targets.isEmpty else { return }
            if sides[side].farEndpoint == nil { sides[side].sent += 1 }
            send(
                from: side,
                to: sides[side].farEndpoint ?? targets[number % targets.count],
                at: now
            )
        case .arrival(let side, let from, let to, let hears):
            guard sides[side].box.inbound(from: from, to: to, at: now) == sides[side].socket else {
                return
            }
            let isNews = sides[side].farEndpoint == nil || (hears && !sides[side].isHeard)
            sides[side].hears = true
            sides[side].isHeard = sides[side].isHeard || hears
            sides[side].farEndpoint = from
            if isNews || !hears { send(from: side, to: from, at: now) }
        }
    }

    private mutating func send(from side: Int, to target: Endpoint, at now: Instant) {
        guard
            let seen = sides[side].box.outbound(from: sides[side].socket, to: target, at: now),
            sides[1 - side].box.owns(target), loss == 0 || random.unit() >= loss
        else { return }
        heap.insert(
            .arrival(side: 1 - side, from: seen, to: target, hears: sides[side].hears),
            at: now + .milliseconds(25)
        )
    }
}
