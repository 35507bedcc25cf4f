/// Children in order of what they expect to gain: a binary heap; ties go to the lower number.
struct GainQueue {
    private var entries: [(gain: Int32, child: Int32)] = []

    var isEmpty: Bool { entries.isEmpty }
    var first: (gain: Int32, child: Int32)? { entries.first }

    mutating func insert(gain: Int32, child: Int32) {
        entries.append((gain, child))
        var at = entries.count - 1
        while at > 0, isBefore(at, (at - 1) / 2) {
            entries.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    mutating func removeFirst() -> (gain: Int32, child: Int32)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var at = 0
        while true {
            var least = at
            for below in [2 * at + 1, 2 * at + 2] where below < entries.count {
                if isBefore(below, least) { least = below }
            }
            if least == at { return first }
            entries.swapAt(at, least)
            at = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (-entries[left].gain, entries[left].child) < (-entries[right].gain, entries[right].child)
    }
}
