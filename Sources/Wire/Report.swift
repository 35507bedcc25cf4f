public import Basics

/// A peer tells the tracker how it fares.
///
/// Counters run from the peer's start.
public struct Report: MessageBody, Sendable, Equatable {
    static let tag = Message.Tag.report
    /// At most this many parents, one per stripe.
    public static let parentsMax = 16
    /// At most this many suspects.
    public static let suspectsMax = 8

    /// Stripes that the peer can send in all, and sends now.
    public var seats: UInt16 = 0
    /// Stripes that it sends now.
    public var seatsUsed: UInt16 = 0
    /// Distinct peers that it feeds.
    public var children: UInt16 = 0
    /// Wire bits per second in and out, in kbit/s.
    public var downRate: UInt32 = 0
    /// Wire bits per second out, in kbit/s.
    public var upRate: UInt32 = 0
    /// Wire bytes sent, IP and UDP headers included.
    public var wireBytesOut: UInt64 = 0
    /// Media bytes sent.
    public var mediaBytesOut: UInt64 = 0
    /// Media bytes received and verified; at the source, media bytes published.
    public var mediaBytesIn: UInt64 = 0
    /// Of `mediaBytesIn`, those that came straight from the source.
    public var mediaBytesFromSource: UInt64 = 0
    /// Of `mediaBytesIn`, those that crossed two hops or more.
    public var mediaBytesFar: UInt64 = 0
    /// Chunks received, and of these the duplicates.
    public var chunksIn: UInt64 = 0
    /// Chunks that the peer had already.
    public var duplicates: UInt32 = 0
    /// Chunks that came by being asked for.
    public var rescued: UInt32 = 0
    /// Chunks due at the playout point, and of these the ones that were there.
    public var chunksDue: UInt64 = 0
    /// Chunks that were there by their deadline.
    public var chunksInTime: UInt64 = 0
    /// Media milliseconds due, and handed over.
    public var pictureDue: UInt64 = 0
    /// Media milliseconds handed over.
    public var pictureDone: UInt64 = 0
    /// Playback lag in milliseconds; nil when the clock's offset is not known well.
    public var lag: UInt32?
    /// Media held ahead of the playout point in milliseconds; nil when nothing plays.
    public var buffer: UInt32?
    /// Startup delay in milliseconds; nil before the first picture.
    public var startup: UInt32?
    /// How often the playout point halted.
    public var stalls: UInt32 = 0
    /// Share of the chunks that push did not bring, in 1/1,000.
    public var missedPermille: UInt16 = 0
    /// Mean round trip to the parents in milliseconds; nil without parents.
    public var roundTrip: UInt32?
    /// The parent per stripe, `PeerID(0)` for none.
    public var parents: [PeerID] = []
    /// The newest plan that the peer has got, so that the tracker tells again what was lost.
    public var planNumber: UInt32 = 0
    /// Peers that could not be reached or stopped sending.
    public var suspects: [PeerID] = []
    /// The peer's NAT; nil while it does not know.
    public var nat: NatOutlook?

    /// Whether anybody feeds the peer.
    public var hasParents: Bool { parents.contains { $0 != PeerID(0) } }

    /// Makes an empty report.
    public init() {}

    init(from reader: inout ByteReader) throws(WireError) {
        seats = try reader.u16()
        seatsUsed = try reader.u16()
        children = try reader.u16()
        downRate = try reader.u32()
        upRate = try reader.u32()
        wireBytesOut = try reader.u64()
        mediaBytesOut = try reader.u64()
        mediaBytesIn = try reader.u64()
        mediaBytesFromSource = try reader.u64()
        mediaBytesFar = try reader.u64()
        chunksIn = try reader.u64()
        duplicates = try reader.u32()
        rescued = try reader.u32()
        chunksDue = try reader.u64()
        chunksInTime = try reader.u64()
        pictureDue = try reader.u64()
        pictureDone = try reader.u64()
        lag = Report.known(try reader.u32())
        buffer = Report.known(try reader.u32())
        startup = Report.known(try reader.u32())
        stalls = try reader.u32()
        missedPermille = try reader.u16()
        roundTrip = Report.known(try reader.u32())
        parents = try reader.peers(most: Report.parentsMax)
        suspects = try reader.peers(most: Report.suspectsMax)
        planNumber = try reader.u32()
        nat = try NatOutlook.parse(from: &reader)
    }

    func emit(into writer: inout ByteWriter) {
        writer.u16(seats)
        writer.u16(seatsUsed)
        writer.u16(children)
        writer.u32(downRate)
        writer.u32(upRate)
        for count in [
            wireBytesOut, mediaBytesOut, mediaBytesIn, mediaBytesFromSource, mediaBytesFar,
            chunksIn,
        ] { writer.u64(count) }
        writer.u32(duplicates)
        writer.u32(rescued)
        for count in [chunksDue, chunksInTime, pictureDue, pictureDone] { writer.u64(count) }
        writer.u32(lag ?? .max)
        writer.u32(buffer ?? .max)
        writer.u32(startup ?? .max)
        writer.u32(stalls)
        writer.u16(missedPermille)
        writer.u32(roundTrip ?? .max)
        writer.peers(Array(parents.prefix(Report.parentsMax)))
        writer.peers(Array(suspects.prefix(Report.suspectsMax)))
        writer.u32(planNumber)
        NatOutlook.emit(nat, into: &writer)
    }

    private static func known(_ value: UInt32) -> UInt32? { value == .max ? nil : value }
}
