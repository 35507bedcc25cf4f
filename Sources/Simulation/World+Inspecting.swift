import Basics
import Overlay
import Tracking

/// The invariants of SECURITY section 6 that concern the swarm as a whole.
///
/// 1 and 9 are checked at every delivery (`Viewing`), 2 and 3 at every sending (`Courtesy`), 4 at every
/// call, the others here. That the epoch never decreases (6) follows from 9, because packets are
/// numbered over all epochs.
extension World {
    /// How long until the next look.
    var inspectionInterval: TimeSpan {
        let factor = max(1, viewers.count / Inspector.smallMax)
        return Inspector.interval * factor
    }

    mutating func inspect() {
        inspector.tree = parentage()
        inspectCycles(inspector.tree)
        inspectIdle()
        inspectMachines()
        inspectLiveness()
    }

    /// Per stripe, the machine that feeds each machine; -1 for none.
    private func parentage() -> [[Int]] {
        var places: [PeerID: Int] = [:]
        places.reserveCapacity(machines.count)
        for machine in machines {
            if let id = machine.peer?.id { places[id] = machine.index }
        }
        let nobody = Array(repeating: -1, count: machines.count)
        var tree = Array(repeating: nobody, count: configuration.stripeCount)
        for machine in machines {
            guard let parents = machine.peer?.parents else { continue }
            for (stripe, parent) in parents.enumerated() where stripe < tree.count {
                guard let parent else { continue }
                tree[stripe][machine.index] = places[parent] ?? -1
            }
        }
        if mutation == .loop, viewers.count > 1 {
            tree[0][viewers[0]] = viewers[1]
            tree[0][viewers[1]] = viewers[0]
        }
        return tree
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
            guard !machine.isGone else { continue }
            let isDisturbed = machine.state != .running || machine.isCutOff
            if isDisturbed { machine.excusedUntil = now + Inspector.idleMax }
            if isInLine(machine) { machine.excusedUntil = now + Inspector.startMax }
            let excuse = max(machine.excusedUntil, inspector.excusedUntil)
            guard now > excuse, isIdle(machine) else {
                inspector.idle[index] = false
                continue
            }
            guard inspector.idle[index] != true else { continue }
            inspector.idle[index] = true
            let state = machine.viewing?.startedAt == nil ? "has not begun to play" : "is idle"
            note(Violation.Finding(12, "\(state) while the source lives"), at: index)
        }
    }

    /// Whether a viewer waits to be taken in, for no longer than it may.
    private func isInLine(_ machine: Machine) -> Bool {
        guard machine.viewing?.deliveredAt == nil, now - machine.joinedAt < Inspector.lineMax,
            let id = machine.peer?.id
        else { return false }
        return machines[trackerMachine].tracker?.isInLine(id) ?? false
    }

    private func isIdle(_ machine: Machine) -> Bool {
        guard let before = machine.viewing?.deliveredAt else {
            return now - machine.joinedAt > Inspector.startMax
        }
        return now - before > Inspector.idleMax
    }

    /// Nobody sends more than he may, and nobody hoards timers.
    private mutating func inspectMachines() {
        for machine in machines where inspector.noted[machine.index] == nil {
            var finding: Violation.Finding?
            if machine.timersWaiting > Inspector.timersMax {
                finding = Violation.Finding(13, "\(machine.timersWaiting) timers")
            }
            if let cap = machine.uploadCap, cap.bitsPerSecond > 0,
                machine.excessMax > Inspector.allowance(cap)
            {
                let bytes = Int(machine.excessMax)
                finding = Violation.Finding(5, "sent \(bytes) bytes beyond its cap")
            }
            guard let finding else { continue }
            inspector.noted[machine.index] = true
            note(finding, at: machine.index)
        }
    }

    /// Some time after the last fault nobody misses anything any more.
    private mutating func inspectLiveness() {
        let isLossy = network.loss > 0 || network.burst != nil || network.corrupt > 0
        if isLossy || partition != nil { disturbedUntil = now }
        guard let settle = configuration.settle, now <= publishesUntil,
            now > disturbedUntil + settle
        else { return }
        if inspector.settledFrom != disturbedUntil {
            inspector.settledFrom = disturbedUntil
            inspector.skipped = [:]
        }
        for index in viewers where !machines[index].isGone {
            let machine = machines[index]
            guard let viewing = machine.viewing, now - machine.joinedAt > settle else { continue }
            guard let before = inspector.skipped[index] else {
                inspector.skipped[index] = viewing.packetsSkipped
                continue
            }
            guard viewing.packetsSkipped > before else { continue }
            inspector.skipped[index] = viewing.packetsSkipped
            let count = viewing.packetsSkipped - before
            let finding = "missed \(count) packets \(Int(settle.seconds)) s after the last fault"
            note(Violation.Finding(15, finding), at: index)
        }
    }
}
