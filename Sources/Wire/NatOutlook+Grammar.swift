import Basics

/// What a NAT outlook is on the wire.
///
///     0   type u8: 0…26, or 255 when the peer does not know, and then nothing follows
///     1   delta i8: the distance between successive ports of a contiguous NAT; 0 counts as 1
///     2   newest port u16: the outside port that a socket of its host was given last
///     4   inside port u16: the port of its own socket
///     6   traits u8: bit 0 hairpins, bit 1 untranslated, bit 2 secluded, bit 3
///         provisional; the others are ignored
extension NatOutlook {
    private static let unknown: UInt8 = 255

    static func parse(from reader: inout ByteReader) throws(WireError) -> NatOutlook? {
        let byte = try reader.u8()
        guard byte != unknown else { return nil }
        guard let type = NatType(byte: byte) else { throw .badValue }
        let delta = Int8(bitPattern: try reader.u8())
        let (newest, inside) = (try reader.u16(), try reader.u16())
        let traits = Traits(rawValue: try reader.u8()).intersection(.known)
        return NatOutlook(
            type,
            delta: delta,
            newestPort: newest,
            insidePort: inside,
            traits: traits
        )
    }

    static func emit(_ outlook: NatOutlook?, into writer: inout ByteWriter) {
        guard let outlook else { return writer.u8(unknown) }
        writer.u8(outlook.type.byte)
        writer.u8(UInt8(bitPattern: outlook.delta))
        writer.u16(outlook.newestPort)
        writer.u16(outlook.insidePort)
        writer.u8(outlook.traits.rawValue)
    }
}
