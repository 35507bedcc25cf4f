import Basics

/// Tells, once, when an encoder's key pictures are too far apart.
///
/// A viewer can start only with one, so their distance is what a viewer waits at worst.
struct KeyFrameWatch {
    /// Four seconds, in 90 kHz; encoders are commonly set to two.
    private static let distanceMax: Int64 = 4 * 90_000

    private var program = TransportProgram()
    private var lastKey: Int64?
    private var hasTold = false

    /// Watches a first session.
    init() {}

    /// Watches a further session; what was told is not told again.
    init(after earlier: KeyFrameWatch) { hasTold = earlier.hasTold }

    /// Takes packets; how long no key picture came, when that is too long and was not told yet.
    mutating func observe(_ packets: [UInt8]) -> TimeSpan? {
        guard !hasTold else { return nil }
        for start in stride(from: 0, to: packets.count, by: TransportStream.packetLength) {
            guard let packet = TransportPacket(packets, at: start) else { continue }
            program.observe(packet, in: packets, at: start)
            guard let picture = program.streams.first(where: \.isPicture),
                packet.pid == picture.pid,
                let field = PesHeader.timestampOffsets(packets, at: start, packet: packet).last
            else { continue }
            let time = TransportTime.timestamp(packets, at: start + field)
            let distance = lastKey.map { TransportTime.distance(from: $0, to: time) } ?? 0
            let isKey = PesHeader.startsKeyPicture(
                packets,
                at: start,
                packet: packet,
                streamType: picture.type
            )
            if isKey || distance < 0 || lastKey == nil { lastKey = time }
            // A jump of the clock is not a distance.
            guard distance > KeyFrameWatch.distanceMax, distance < 10 * 90_000 else { continue }
            hasTold = true
            return TimeSpan(nanoseconds: distance * 100_000 / 9)
        }
        return nil
    }
}
