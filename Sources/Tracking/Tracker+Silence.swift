import Basics
import Wire

/// Members of whom nothing is heard any more.
///
/// One of them may have lost a report or two, and keeps its place until it has certainly gone. When many
/// fall silent at once, their hosts have failed, or the network between: whoever joins then must not be sent to
/// them.
extension Tracker {
    /// Silences that are no chance: how long they last where reports come every second, and of one viewer in how
    /// many; the shortest first.
    ///
    /// With a fifth of all datagrams lost, one viewer in five lacks the last report, and one in 25 the last two.
    private static let silences: [(span: TimeSpan, part: Int)] = [
        (.milliseconds(1_600), 2), (.milliseconds(2_500), 4),
    ]
    /// A few are no sign.
    private static let manyLeast = 3

    /// Removes those who have gone for certain.
    mutating func dropSilent(swarm at: Int, at now: Instant) {
        let silent = swarms[at].members.filter { now - $0.heardAt > $0.silenceMax }
        for member in silent { remove(member.id, swarm: at, because: "fell silent", at: now) }
    }

    /// Plans without those who have fallen silent, when they are many.
    mutating func noteSilence(swarm at: Int, at now: Instant) {
        let before = swarms[at].silence
        swarms[at].silence = silenceOfMany(swarm: at, at: now)
        guard let silence = swarms[at].silence, silence.count > before?.count ?? 0 else { return }
        planSoon(swarm: at, at: now)
    }

    private func silenceOfMany(swarm at: Int, at now: Instant) -> Swarm.Silence? {
        for (span, part) in Tracker.silences {
            let count = swarms[at].members.count {
                $0.role == .viewer && now - $0.heardAt > span * $0.reportSeconds
            }
            if count >= Tracker.manyLeast, count * part >= swarms[at].viewerCount {
                return Swarm.Silence(span: span, count: count)
            }
        }
        return nil
    }
}

extension Swarm {
    /// Many viewers have not been heard for a span, counted where reports come every second.
    struct Silence: Sendable {
        let span: TimeSpan
        let count: Int
    }

    /// Whether plans leave a member out, because it has fallen silent together with many others.
    func leavesOut(_ member: Member, at now: Instant) -> Bool {
        silence.map { now - member.heardAt > $0.span * member.reportSeconds } ?? false
    }
}
