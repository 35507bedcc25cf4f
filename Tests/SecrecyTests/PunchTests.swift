import Basics
import Crypto
import Secrecy
import Testing
import Wire

@Suite("Punch and PunchToken")
struct PunchTests {
    private let token = PunchToken(Bytes([UInt8](0..<16)))

    private func emitted() throws -> [UInt8] {
        Punch.emit(
            introduction: 0x0102_0304_0506_0708,
            sender: PeerID(0x1112_1314_1516_1718),
            token: try #require(token),
            service: .peer
        )
    }

    @Test("is 33 bytes: kind, introduction, sender, MAC")
    func golden() throws {
        let bytes = try emitted()
        let key = SymmetricKey(data: [UInt8](0..<16))
        let mac = HMAC<SHA256>.authenticationCode(for: bytes.prefix(17), using: key)
        #expect(Hex.string(bytes.prefix(1)) == "25")
        #expect(Hex.string(bytes[1..<9]) == "0102030405060708")
        #expect(Hex.string(bytes[9..<17]) == "1112131415161718")
        #expect(Array(bytes[17...]) == Array(mac.prefix(16)))
        #expect(bytes.count == Punch.size)
    }

    @Test("comes back")
    func roundTrip() throws {
        let punch = try Punch.parse(Bytes(try emitted()))
        #expect(punch.introduction == 0x0102_0304_0506_0708)
        #expect(punch.sender == PeerID(0x1112_1314_1516_1718))
        #expect(punch.isValid(under: try #require(token)))
    }

    @Test("is not valid with any bit altered or under another token")
    func forged() throws {
        let bytes = try emitted()
        let token = try #require(token)
        for altered in bitFlips(bytes) {
            let punch = try? Punch.parse(Bytes(altered))
            #expect(punch?.isValid(under: token) != true)
        }
        var entropy = Entropy(secret: [1])
        let other = PunchToken.fresh(from: &entropy)
        #expect(try !Punch.parse(Bytes(bytes)).isValid(under: other))
        #expect(other != PunchToken.fresh(from: &entropy))
    }

    @Test("has one length only")
    func lengths() throws {
        let bytes = Bytes(try emitted())
        for count in 0..<33 {
            #expect(throws: WireError.truncated) { try Punch.parse(bytes.slice(0, count)) }
        }
        #expect(throws: WireError.tooLong) { try Punch.parse(Bytes(bytes.array + [0])) }
        #expect(throws: WireError.unknownVersion) {
            try Punch.parse(Bytes([0x45] + bytes.array.dropFirst()))
        }
        #expect(throws: WireError.badValue) {
            try Punch.parse(Bytes([0x24] + bytes.array.dropFirst()))
        }
    }

    @Test("a token has 16 bytes", arguments: [0, 1, 15, 17, 32])
    func tokenLength(_ count: Int) {
        #expect(PunchToken(Bytes([UInt8](repeating: 0, count: count))) == nil)
    }
}
