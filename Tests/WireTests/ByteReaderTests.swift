import Basics
import Testing
import Wire

@Suite("ByteReader and ByteWriter")
struct ByteReaderTests {
    @Test("reads what was written, big endian")
    func numbers() throws {
        var writer = ByteWriter()
        writer.u8(0x01)
        writer.u16(0x0203)
        writer.u32(0x0405_0607)
        writer.u64(0x0809_0A0B_0C0D_0E0F)
        writer.i64(-2)
        #expect(Hex.string(writer.bytes) == "0102030405060708090a0b0c0d0e0ffffffffffffffffe")
        var reader = ByteReader(Bytes(writer.bytes))
        #expect(try reader.u8() == 0x01)
        #expect(try reader.u16() == 0x0203)
        #expect(try reader.u32() == 0x0405_0607)
        #expect(try reader.u64() == 0x0809_0A0B_0C0D_0E0F)
        #expect(try reader.i64() == -2)
        #expect(reader.remaining == 0)
    }

    @Test("refuses to read beyond the end, and stays where it is")
    func beyondTheEnd() throws {
        var reader = ByteReader(Bytes([1, 2, 3]))
        #expect(throws: WireError.truncated) { try reader.u32() }
        #expect(throws: WireError.truncated) { try reader.u64() }
        #expect(throws: WireError.truncated) { try reader.take(4) }
        #expect(throws: WireError.truncated) { try reader.take(-1) }
        #expect(throws: WireError.truncated) { try reader.take(.max) }
        #expect(throws: WireError.truncated) { try reader.endpoint() }
        #expect(reader.position == 0)
        #expect(try reader.u16() == 0x0102)
        #expect(reader.rest().array == [3])
        #expect(throws: WireError.truncated) { try reader.u8() }
    }

    @Test("reads within a slice only")
    func slices() throws {
        var reader = ByteReader(Bytes([9, 1, 2, 9]).slice(1, 3))
        #expect(try reader.u16() == 0x0102)
        #expect(throws: WireError.truncated) { try reader.u8() }
    }

    @Test("carries endpoints of both families")
    func endpoints() throws {
        let all = [
            Endpoint(ipv4: 0x7F00_0001, port: 65_535),
            Endpoint(high: 1 << 63, low: 1, port: 0),
        ]
        var writer = ByteWriter()
        writer.endpoints(all)
        writer.peers([PeerID(5)])
        var reader = ByteReader(Bytes(writer.bytes))
        #expect(try reader.endpoints(most: 2) == all)
        #expect(try reader.peers(most: 1) == [PeerID(5)])
    }

    @Test("carries text up to a bound", arguments: ["", "a", "Ünï", "🎥🎥"])
    func text(_ text: String) throws {
        var writer = ByteWriter()
        writer.text(text, most: 8)
        var reader = ByteReader(Bytes(writer.bytes))
        #expect(try reader.text(most: 8) == text)
        var strict = ByteReader(Bytes(writer.bytes))
        if text.utf8.count > 1 {
            #expect(throws: WireError.tooLong) { try strict.text(most: 1) }
        }
    }
}
