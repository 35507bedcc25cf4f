/// Cuts a byte stream into whole TS packets and finds its place again when sync is lost.
///
/// Memory is bounded: it keeps less than one packet when in sync, less than three otherwise.
struct TransportSync {
    private enum Phase {
        case searching
        case locked
    }

    private static let length = TransportStream.packetLength
    private var phase = Phase.searching
    private var rest: [UInt8] = []

    /// How often sync was lost after it had been found.
    private(set) var lossCount = 0
    /// How many bytes were dropped because they belonged to no packet.
    private(set) var skippedCount = 0

    /// Takes bytes as they come and returns the whole packets that they complete, unchanged.
    mutating func append(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        rest += bytes
        var packets: [UInt8] = []
        var start = 0
        while start < rest.count {
            switch phase {
            case .locked:
                let end = endOfRun(from: start)
                packets += rest[start..<end]
                start = end
                guard start < rest.count, rest[start] != TransportStream.syncByte else {
                    return finish(packets, keeping: start)
                }
                phase = .searching
                lossCount += 1
            case .searching:
                let (found, place) = search(from: start)
                skippedCount += place - start
                start = place
                guard found == .locked else { return finish(packets, keeping: start) }
                phase = .locked
            }
        }
        return finish(packets, keeping: start)
    }

    private mutating func finish(_ packets: [UInt8], keeping start: Int) -> [UInt8] {
        rest.removeFirst(start)
        return packets
    }

    /// The end of the whole packets that begin with a sync byte, one after the other.
    private func endOfRun(from start: Int) -> Int {
        var end = start
        while end + TransportSync.length <= rest.count, rest[end] == TransportStream.syncByte {
            end += TransportSync.length
        }
        return end
    }

    /// The first place with three sync bytes in a row, or the place from which to search on.
    private func search(from start: Int) -> (Phase, Int) {
        let reach = 2 * TransportSync.length
        var place = start
        while place + reach < rest.count {
            let isSync = (0...2).allSatisfy {
                rest[place + $0 * TransportSync.length] == TransportStream.syncByte
            }
            if isSync { return (.locked, place) }
            place += 1
        }
        return (.searching, place)
    }
}
