import Basics
import Overlay
import Telemetry

/// What `Inspector` needs to remember from one look to the next.
struct Inspector {
    /// How often the invariants of the swarm as a whole are looked at.
    static let interval = TimeSpan.milliseconds(250)
    /// A loop that stands longer than this is a violation.
    static let cycleMax = TimeSpan.seconds(1)
    /// A viewer that hands over nothing for longer than this is a violation.
    static let idleMax = TimeSpan.seconds(2)
    /// A viewer that has not begun to play for so long after joining counts as idle too.
    static let startMax = TimeSpan.seconds(5)

    /// Since when a stripe has a loop through a machine, the least in the loop: by stripe and machine.
    var cycles: [UInt64: Instant] = [:]
    /// Viewers whose idleness has been noted, until they play again.
    var idle: [Int: Bool] = [:]
    /// How many distinct parents each viewer had at most over its stripes, at the last look.
    var parents: [Int: Int] = [:]
    /// When the source or the network last gave viewers a reason to be idle.
    var excusedUntil = Instant.origin
}

/// The invariants of SECURITY section 6 that concern the swarm as a whole.
extension World {
    mutating func inspect() {
        let tree = parentage()
        inspectCycles(tree)
        inspectIdle()
    }

    /// Per stripe, the machine that feeds each machine; -1 for none.
    private mutating func parentage() -> [[Int]] {
        var names: [String: Int] = [:]
        var rows: [(Int, PeerRow)] = []
        for machine in machines {
            guard let own = ownRow(of: machine) else { continue }
            names[own.id] = machine.index
            rows.append((machine.index, own))
        }
        let nobody = Array(repeating: -1, count: machines.count)
        var tree = Array(repeating: nobody, count: configuration.stripeCount)
        for (index, row) in rows {
            for stripe in tree.indices {
                guard let parent = row.parents[String(stripe)] else { continue }
                tree[stripe][index] = names[parent] ?? -1
            }
            inspector.parents[index] = Set(row.parents.values).count
        }
        return tree
    }

    private func ownRow(of machine: Machine) -> PeerRow? {
        machine.peer?.snapshot(at: machine.local(now)).peers.first { $0.path == "self" }
    }

    private mutating func inspectCycles(_ tree: [[Int]]) {
        var standing: [UInt64: Instant] = [:]
        for (stripe, parents) in tree.enumerated() {
            for least in Cycles.find(in: parents) {
                let key = UInt64(stripe) << 32 | UInt64(least)
                let since = inspector.cycles[key] ?? now
                standing[key] = since
                guard now - since > Inspector.cycleMax else { continue }
                note(
                    Violation.Finding(8, "a loop in stripe \(stripe) lasts for over a second"),
                    at: least
                )
                standing[key] = now
            }
        }
        inspector.cycles = standing
    }

    /// A live viewer is never idle while the source lives and can be reached.
    private mutating func inspectIdle() {
        if machines[0].peer == nil || now > publishesUntil {
            inspector.excusedUntil = now + Inspector.startMax
        }
        for index in viewers {
            let machine = machines[index]
            let isDisturbed = machine.state != .running || machine.side != 0
            if isDisturbed { machine.excusedUntil = now + Inspector.idleMax }
            let excuse = max(machine.excusedUntil, inspector.excusedUntil)
            guard !machine.isGone, now > excuse, isIdle(machine) else {
                inspector.idle[index] = false
                continue
            }
            guard inspector.idle[index] != true else { continue }
            inspector.idle[index] = true
            let state = machine.viewing?.startedAt == nil ? "has not begun to play" : "is idle"
            note(Violation.Finding(12, "\(state) while the source lives"), at: index)
        }
    }

    private func isIdle(_ machine: Machine) -> Bool {
        guard let before = machine.viewing?.deliveredAt else {
            return now - machine.joinedAt > Inspector.startMax
        }
        return now - before > Inspector.idleMax
    }
}

/// Loops in a graph where everybody has at most one parent.
enum Cycles {
    /// The least member of every loop; `parents` has -1 for nobody.
    static func find(in parents: [Int]) -> [Int] {
        var walk = Array(repeating: -1, count: parents.count)
        var found: [Int] = []
        for start in parents.indices where walk[start] < 0 {
            var at = start
            while at >= 0, walk[at] < 0 {
                walk[at] = start
                at = parents[at]
            }
            guard at >= 0, walk[at] == start else { continue }
            var least = at
            var next = parents[at]
            while next != at {
                least = min(least, next)
                next = parents[next]
            }
            found.append(least)
        }
        return found
    }
}
