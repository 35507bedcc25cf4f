import Basics
import Testing
import Wire

@Suite("Envelope")
struct EnvelopeTests {
    @Test("knows exactly the first bytes of this version")
    func firstByte() {
        var known = 0
        for byte in UInt8.min...UInt8.max {
            guard let parsed = Envelope.parse(firstByte: byte) else { continue }
            #expect(Envelope.firstByte(parsed.kind, parsed.service) == byte)
            known += 1
        }
        #expect(known == 2 * Envelope.Kind.allCases.count)
        #expect(Envelope.parse(firstByte: 0) == nil)
        #expect(Envelope.parse(firstByte: 0x41) == nil)
        #expect(Envelope.firstByte(.transport, .tracker) == 0x34)
    }
}
