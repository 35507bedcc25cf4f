import Basics
import Testing

@Suite("Hex")
struct HexTests {
    @Test("prints and parses every byte")
    func roundTrip() {
        let all = [UInt8](UInt8.min...UInt8.max)
        let text = Hex.string(all)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hex.bytes(text) == all)
        #expect(Hex.bytes(text.uppercased()) == all)
        #expect(Hex.bytes("") == [])
    }

    @Test("refuses everything else", arguments: ["0", "000", "0g", "g0", " 00", "0x00", "é", "００"])
    func refuses(_ text: String) {
        #expect(Hex.bytes(text) == nil)
    }
}
