import Basics
import Driving
import MediaIO
import Scheduling

/// Which renditions of a programme are joined, and which of them plays.
///
/// States: one plays; beside it another may be on its way, until its first key picture comes, when
/// it plays and the old one is let go, or until it takes too long and is let go itself.
struct RenditionState {
    /// What is asked for.
    enum Choice: Equatable {
        /// What the down-link carries.
        case automatic
        /// This one, whatever comes of it.
        case fixed(Int)
    }

    /// What taking a delivery came to.
    enum Outcome {
        /// Nothing leaves.
        case nothing
        /// This leaves.
        case deliver(Delivery)
        /// These leave, and from the last one on another rendition plays: the old one is needed no more.
        case handOver([Delivery], from: Int)
    }

    /// A rendition that brings no key picture for so long is given up.
    private static let arrivalMax = TimeSpan.seconds(15)

    /// The one that plays.
    private(set) var active: Int
    /// The one on its way.
    private(set) var next: Int?
    /// What is asked for.
    var choice: Choice
    private var nextSince = Instant.origin
    private var join = StreamJoin()
    private var policy: RenditionChoice

    /// Begins with a rendition.
    init(_ choice: Choice, count: Int) {
        self.choice = choice
        policy = RenditionChoice(count: count)
        active = 0
        if case .fixed(let index) = choice {
            active = index
            policy.begin(index, at: .origin)
        }
    }

    /// Takes what a rendition brings.
    mutating func take(_ delivery: Delivery, of index: Int, at now: Instant) -> Outcome {
        let packets = delivery.bytes.array
        let passage: StreamJoin.Passage
        if index == next {
            guard let taken = join.offer(packets) else { return .nothing }
            passage = taken
        } else if index == active {
            passage = join.append(packets)
        } else {
            return .nothing
        }
        var own = delivery
        own.bytes = Bytes(passage.packets)
        guard let opening = passage.opening, let next else {
            return passage.packets.isEmpty ? .nothing : .deliver(own)
        }
        own.startsKeyFrame = false
        var first = delivery
        first.bytes = Bytes(opening)
        first.startsKeyFrame = true
        first.isDiscontinuity = false
        let old = active
        active = next
        self.next = nil
        policy.begin(active, at: now)
        // It was joined anew, after nothing played for a while.
        if old == active { return .deliver(first) }
        return .handOver(passage.packets.isEmpty ? [first] : [own, first], from: old)
    }

    /// Notes that a rendition is being joined; returns the one that was on its way before.
    mutating func begin(_ index: Int, _ manner: StreamJoin.Manner, at now: Instant) -> Int? {
        let old = next
        next = index
        nextSince = now
        join.beginOffer(manner)
        return old
    }

    /// Gives up what is on its way, when it takes too long or always; returns it.
    mutating func abandon(at now: Instant, _ mode: Abandonment) -> Int? {
        guard let next, mode == .always || now - nextSince > RenditionState.arrivalMax else {
            return nil
        }
        self.next = nil
        join.withdrawOffer()
        return next
    }

    /// When what is on its way is given up.
    enum Abandonment {
        case whenLate
        case always
    }

    /// What is to be done.
    enum Step: Equatable {
        /// Move to a rendition.
        case move(Int)
        /// Give up the better one that is on its way: beside it the one in use comes late.
        case giveUp(Int)
    }

    /// Notes how the rendition in use fares; returns what is to be done.
    mutating func observe(due: Int, inTime: Int, at now: Instant) -> Step? {
        policy.observe(due: due, inTime: inTime, at: now)
        guard choice == .automatic else { return nil }
        guard let next else { return policy.decide(at: now).map { .move($0) } }
        guard next < active, policy.isTooMuch else { return nil }
        policy.failTry()
        return abandon(at: now, .always).map { .giveUp($0) }
    }
}
