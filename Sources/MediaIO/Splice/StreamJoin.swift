/// Makes one programme of several transport streams, one after the other.
///
/// One stream plays; another may be offered beside it and takes over at its first key picture, once
/// the picture and the sound that are under way are complete. The first passes untouched; times, PIDs
/// and counters of later ones go on where the last ended.
public struct StreamJoin {
    /// How a stream is offered.
    public enum Manner: Sendable {
        /// Beside the one that plays, which ends its picture first.
        case beside
        /// Instead of it: nothing more comes of the one that played.
        case instead
    }

    /// What leaves.
    public struct Passage: Equatable {
        /// Packets of the stream that played so far.
        public var packets: [UInt8]
        /// The first packets of the stream that plays from now on, tables and key picture first; nil
        /// as long as none has taken over.
        public var opening: [UInt8]?
    }

    /// A stream that does not come to the end of a picture is cut short when the one that follows has
    /// so many bytes waiting: two seconds at 4 Mbit/s.
    private static let heldMax = 1 << 20

    /// The sound that is under way when the last picture ends may take so many packets more: half a
    /// second at 3 Mbit/s.
    private static let lateMax = 1_000

    private var splice = TransportSplice()
    private var gate: KeyGate?
    /// The offered stream from its key picture on.
    private var held: KeyGate.Opening?
    private var manner = Manner.beside
    /// The PIDs of the stream that plays whose last unit is complete.
    private var ended: Set<Int> = []
    private var lateCount = 0

    /// Begins without a stream.
    public init() {}

    /// Whether any stream has followed the first: until then all of it passes as it is.
    public var hasJoined: Bool { splice.jointCount > 0 }

    /// Takes whole packets of the stream that plays.
    ///
    /// When an opening leaves, the offered stream has taken over, and `append` takes its packets.
    public mutating func append(_ packets: [UInt8]) -> Passage {
        guard let opening = held else { return Passage(packets: splice.append(packets)) }
        let (kept, isOver) = complete(packets)
        let rest = splice.append(kept)
        return Passage(packets: rest, opening: isOver ? take(opening) : nil)
    }

    /// Lets the stream that plays complete what is under way: its picture, then its sound.
    private mutating func complete(_ packets: [UInt8]) -> (kept: [UInt8], isOver: Bool) {
        guard let streams = splice.playing else { return (packets, true) }
        var kept: [UInt8] = []
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            let isLate = ended.contains(streams.main) || packet.pid == streams.main
            if isLate, packet.startsUnit, streams.all.contains(packet.pid),
                ended.insert(packet.pid).inserted
            {
                splice.note(next: packets, at: start, packet: packet)
            }
            if ended.contains(streams.main) {
                lateCount += 1
                guard streams.all.contains(packet.pid), !ended.contains(packet.pid) else {
                    continue
                }
            }
            kept += packets[start..<start + TransportStream.packetLength]
        }
        return (kept, ended.isSuperset(of: streams.all) || lateCount > StreamJoin.lateMax)
    }

    private mutating func take(_ opening: KeyGate.Opening) -> [UInt8] {
        withdrawOffer()
        return splice.join(opening)
    }

    /// Begins to offer another stream, whatever was offered before.
    public mutating func beginOffer(_ manner: Manner = .beside) {
        withdrawOffer()
        gate = KeyGate()
        self.manner = manner
    }

    /// Ends an offer that has not taken over.
    public mutating func withdrawOffer() {
        gate = nil
        held = nil
        ended = []
        lateCount = 0
    }

    /// Takes whole packets of the stream that is offered; as `append` when it has taken over.
    public mutating func offer(_ packets: [UInt8]) -> Passage? {
        if held == nil {
            held = gate?.append(packets[...])
            if held != nil { gate = nil }
            return passage()
        }
        held?.packets += packets
        return passage()
    }

    /// The opening, when it waits for nothing more.
    private mutating func passage() -> Passage? {
        guard let opening = held,
            manner == .instead || opening.packets.count > StreamJoin.heldMax
        else { return nil }
        return Passage(packets: [], opening: take(opening))
    }
}
