/// Gives the streams of a new source the PIDs that the programme already has.
///
/// A player that watches picture PID 256 goes on watching it, whatever number the next source has
/// for its picture. What has no counterpart keeps its PID, or gets a free one.
struct PidMap {
    /// The PIDs of a programme that players know.
    struct Layout {
        /// The program's number in the tables.
        let number: Int
        /// The PID of its map.
        let mapPID: Int
        /// The PIDs of its pictures, in order.
        var pictures: [Int]
        /// The PIDs of its sound tracks, in order.
        var sounds: [Int]
    }

    /// PIDs for what collides: above those of common muxers, below their maps.
    private static let freeRange = 0x0A00..<0x0FFF

    /// The program's number in the tables.
    let number: Int
    private var targets: [Int: Int] = [:]
    private var taken: Set<Int> = []

    /// Maps a program onto a layout, to which its further streams are added; the first makes it.
    init(_ program: TransportProgram, onto layout: inout Layout?) {
        var known =
            layout
            ?? Layout(
                number: program.number ?? 1,
                mapPID: program.mapPID ?? 0x1000,
                pictures: [],
                sounds: []
            )
        number = known.number
        taken = Set(known.pictures + known.sounds + [known.mapPID])
        if let pid = program.mapPID { targets[pid] = known.mapPID }
        let pictures = program.streams.filter(\.isPicture)
        let sounds = program.streams.filter(\.isSound)
        for (place, stream) in pictures.enumerated() {
            add(stream.pid, place, &known.pictures)
        }
        for (place, stream) in sounds.enumerated() { add(stream.pid, place, &known.sounds) }
        for stream in program.streams where !stream.isPicture && !stream.isSound {
            targets[stream.pid] = claim(stream.pid)
        }
        if let clock = program.clockPID, targets[clock] == nil { targets[clock] = claim(clock) }
        layout = known
    }

    /// The PID under which packets of a PID leave; nil when they must not.
    subscript(pid: Int) -> Int? {
        targets[pid] ?? (taken.contains(pid) ? nil : pid)
    }

    private mutating func add(_ pid: Int, _ place: Int, _ known: inout [Int]) {
        if place < known.count {
            targets[pid] = known[place]
        } else {
            let own = claim(pid)
            targets[pid] = own
            known.append(own)
        }
    }

    /// The PID itself when it is free, else the next free one.
    private mutating func claim(_ pid: Int) -> Int {
        let free = taken.contains(pid) ? PidMap.freeRange.first { !taken.contains($0) } : pid
        taken.insert(free ?? pid)
        return free ?? pid
    }
}
