import Basics
import Testing
import Wire

@Suite("Manifest")
struct ManifestTests {
    @Test("comes back as it was")
    func roundTrip() throws {
        var random = RandomMessages(seed: 1)
        for _ in 0..<1_000 {
            let manifest = random.manifest()
            let bytes = Bytes(manifest.emitted)
            #expect(bytes.count + 1 <= Envelope.messagesMax)
            #expect(try Manifest.parse(bytes) == manifest)
        }
    }

    @Test("cut anywhere, or with a byte more, it is refused")
    func truncation() {
        var random = RandomMessages(seed: 2)
        let bytes = Bytes(random.manifest().emitted)
        for count in 0..<bytes.count {
            #expect(throws: WireError.truncated) { try Manifest.parse(bytes.slice(0, count)) }
        }
        #expect(throws: WireError.badValue) { try Manifest.parse(Bytes(bytes.array + [0])) }
    }

    @Test("another version is refused", arguments: [0, 2, 255] as [UInt8])
    func version(_ version: UInt8) {
        var random = RandomMessages(seed: 3)
        let bytes = [version] + random.manifest().emitted.dropFirst()
        #expect(throws: WireError.unknownVersion) { try Manifest.parse(Bytes(bytes)) }
    }

    @Test("counts and sizes that do not fit together are refused")
    func soundness() throws {
        _ = try Manifest.parse(Bytes(shaped(k: 32, r: 8, size: 1_128, last: 1)))
        _ = try Manifest.parse(Bytes(shaped(k: 32, r: 32, size: 1, last: 1)))
        _ = try Manifest.parse(Bytes(shaped(k: 64, r: 0, size: 188, last: 188)))
        _ = try Manifest.parse(Bytes(shaped(k: 0, r: 0, size: 0, last: 0)))
        let unsound = [
            shaped(k: 0, r: 1, size: 188, last: 188), shaped(k: 0, r: 0, size: 188, last: 0),
            shaped(k: 0, r: 0, size: 0, last: 1), shaped(k: 8, r: 0, size: 0, last: 0),
            shaped(k: 8, r: 0, size: 1_129, last: 188), shaped(k: 8, r: 0, size: 65_535, last: 1),
            shaped(k: 8, r: 0, size: 188, last: 0), shaped(k: 8, r: 0, size: 188, last: 189),
            shaped(k: 8, r: 9, size: 188, last: 188),
        ]
        for bytes in unsound {
            #expect(throws: WireError.badValue) { try Manifest.parse(Bytes(bytes)) }
        }
        for (k, r) in [(65, 0), (33, 32), (255, 255), (0, 65)] {
            let bytes = shaped(k: k, r: r, size: 188, last: 188)
            #expect(throws: WireError.tooLong) { try Manifest.parse(Bytes(bytes)) }
        }
    }

    @Test("random bytes never trap")
    func randomBytes() {
        var random = SeededRandom(seed: 4)
        var sound = 0
        for _ in 0..<20_000 {
            var bytes = (0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            bytes[0] = Manifest.version
            // Small numbers, so that some are sound: k, r, sizes below 256; then the right length.
            bytes.replaceSubrange(10..<16, with: [UInt8(random.below(6)), 0, 0, bytes[13], 0, 1])
            let count = 48 + Int(bytes[10]) * 16 + 64
            if (try? Manifest.parse(Bytes(bytes).slice(0, count))) != nil { sound += 1 }
        }
        #expect(sound > 1_000)
    }

    @Test("knows its chunks")
    func chunks() throws {
        let manifest = try Manifest.parse(Bytes(shaped(k: 3, r: 2, size: 1_128, last: 188)))
        #expect(manifest.chunkCount == 5)
        #expect((0..<5).map { manifest.size(of: $0) } == [1_128, 1_128, 188, 1_128, 1_128])
        #expect(manifest.mediaBytes == 2 * 1_128 + 188)
        #expect(manifest.fullMask == 0b11111)
        #expect(manifest.hash(of: 4).array == [UInt8](repeating: 4, count: 16))
        #expect(Manifest().mediaBytes == 0 && Manifest().fullMask == 0)
    }

    @Test("makes masks of 0 to 64 bits")
    func masks() {
        #expect(Manifest.mask(count: 0) == 0)
        #expect(Manifest.mask(count: -1) == 0)
        #expect(Manifest.mask(count: 1) == 1)
        #expect(Manifest.mask(count: 63) == .max >> 1)
        #expect(Manifest.mask(count: 64) == .max)
        #expect(Manifest.mask(count: 99) == .max)
    }

    private func shaped(k: Int, r: Int, size: Int, last: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw([Manifest.version, 0])
        writer.u32(1)
        writer.u32(1)
        writer.u8(UInt8(k))
        writer.u8(UInt8(r))
        writer.u16(UInt16(size))
        writer.u16(UInt16(last))
        writer.raw([UInt8](repeating: 0, count: 32))
        for index in 0..<(k + r) {
            writer.raw([UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 16))
        }
        writer.raw([UInt8](repeating: 0, count: 64))
        return writer.bytes
    }
}
