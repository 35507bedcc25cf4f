import Basics
import Testing
import Wire

@Suite("STUN")
struct StunTests {
    private static let transaction = StunMessage.Transaction(
        high: 0xB7E7_A701,
        low: 0xBC34_D686_FA87_DFAE
    )
    /// RFC 5769 section 2.1: a request with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME,
    /// MESSAGE-INTEGRITY and FINGERPRINT.
    private static let request = """
        000100582112a442b7e7a701bc34d686fa87dfae
        802200105354554e207465737420636c69656e74
        002400046e0001ff80290008932ff9b151263b36
        000600096576746a3a68367659202020
        000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf
        """
    /// RFC 5769 section 2.2: the answer over IPv4.
    private static let answer4 = """
        0101003c2112a442b7e7a701bc34d686fa87dfae
        8022000b7465737420766563746f7220002000080001a147e112a643
        000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96
        """
    /// RFC 5769 section 2.3: the answer over IPv6.
    private static let answer6 = """
        010100482112a442b7e7a701bc34d686fa87dfae
        8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c
        """

    private static func bytes(_ hex: String) -> [UInt8] {
        Hex.bytes(hex.filter { !$0.isWhitespace }) ?? []
    }

    @Test("reads the request of RFC 5769")
    func requestVector() throws {
        let message = try StunMessage(parsing: Bytes(StunTests.bytes(StunTests.request)))
        #expect(message.kind == .request)
        #expect(message.transaction == StunTests.transaction)
        #expect(message.software == "STUN test client")
        #expect(message.fingerprint == .present)
        #expect(message.unknown == [])
    }

    @Test("reads the answers of RFC 5769, over IPv4 and over IPv6")
    func answerVectors() throws {
        let answer4 = try StunMessage(parsing: Bytes(StunTests.bytes(StunTests.answer4)))
        #expect(answer4.kind == .success)
        #expect(answer4.software == "test vector")
        #expect(answer4.mapped == Endpoint(parsing: "192.0.2.1:32853"))
        let answer6 = try StunMessage(parsing: Bytes(StunTests.bytes(StunTests.answer6)))
        let address = "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
        #expect(answer6.mapped == Endpoint(parsing: address))
        #expect(answer6.fingerprint == .present)
    }

    @Test("masks addresses and makes fingerprints as RFC 5769 does")
    func emitted() throws {
        var message = StunMessage(.success, StunTests.transaction)
        message.mapped = Endpoint(parsing: "192.0.2.1:32853")
        #expect(
            Hex.string(message.emitted)
                == "0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643"
        )
        message.fingerprint = .present
        let back = try StunMessage(parsing: Bytes(message.emitted))
        #expect(back == message)
    }

    /// A message of each kind with every attribute that it can have.
    private static var rich: [StunMessage] {
        StunMessage.Kind.allCases.map { kind in
            var message = StunMessage(kind, transaction)
            message.mapped = Endpoint(parsing: "[2001:db8::7]:9")
            message.origin = Endpoint(parsing: "198.51.100.1:3478")
            message.otherAddress = Endpoint(parsing: "198.51.100.2:3479")
            message.change = [.host, .port]
            message.responsePort = 40_000
            message.software = "candela"
            message.errorCode = 420
            if kind == .failure { message.unknown = [3, 0x7FFF] }
            message.fingerprint = .present
            return message
        }
    }

    @Test("reads back what it wrote", arguments: rich)
    func roundTrip(message: StunMessage) throws {
        #expect(try StunMessage(parsing: Bytes(message.emitted)) == message)
        #expect(message.emitted.count.isMultiple(of: 4))
    }

    @Test("refuses every message cut short, and every one with bytes after its end")
    func truncated() {
        for message in StunTests.rich {
            for length in 0..<message.emitted.count {
                let cut = Bytes(Array(message.emitted.prefix(length)))
                #expect(throws: WireError.self) { try StunMessage(parsing: cut) }
            }
            let longer = Bytes(message.emitted + [0, 0, 0, 0])
            #expect(throws: WireError.self) { try StunMessage(parsing: longer) }
        }
    }

    @Test("a fingerprint finds every flipped bit")
    func flips() {
        for text in [StunTests.request, StunTests.answer4, StunTests.answer6] {
            let whole = StunTests.bytes(text)
            for bit in 0..<(whole.count * 8) {
                var bytes = whole
                bytes[bit / 8] ^= 1 << (bit % 8)
                let message = try? StunMessage(parsing: Bytes(bytes))
                // Flips in the fingerprint's own type may turn it into something optional.
                #expect(message == nil || message?.fingerprint == .absent, "bit \(bit)")
            }
        }
    }

    /// The check of RFC 8489 section 14.7, bit by bit.
    private static func fingerprint(_ bytes: [UInt8]) -> [UInt8] {
        var rest = UInt32.max
        for byte in bytes {
            rest ^= UInt32(byte)
            for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
        }
        let value = ~rest ^ 0x5354_554E
        return [0x80, 0x28, 0, 4]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    @Test("a fingerprint must be the last attribute, and cannot come twice")
    func lastAttribute() throws {
        func header(_ length: UInt8) -> [UInt8] {
            [0, 1, 0, length, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 5, count: 12)
        }
        let right = header(8) + StunTests.fingerprint(header(8))
        #expect(try StunMessage(parsing: Bytes(right)).fingerprint == .present)
        let followed = header(12) + StunTests.fingerprint(header(12)) + [0x80, 0x22, 0, 0]
        #expect(throws: WireError.badValue) { try StunMessage(parsing: Bytes(followed)) }
        let once = header(16) + StunTests.fingerprint(header(16))
        let twice = once + StunTests.fingerprint(once)
        #expect(throws: WireError.badValue) { try StunMessage(parsing: Bytes(twice)) }
    }

    @Test("random bytes behind a right header never trap, nor do random lengths")
    func random() {
        var random = SeededRandom(seed: 11)
        var read = 0
        for _ in 0..<20_000 {
            var bytes = (0..<(random.below(40) * 4)).map { _ in UInt8(random.below(256)) }
            for at in stride(from: 0, to: bytes.count, by: 4) where random.below(2) == 0 {
                bytes[at] = random.below(2) == 0 ? 0 : 0x80
                if at + 3 < bytes.count { bytes[at + 2] = 0 }
                if at + 3 < bytes.count { bytes[at + 3] = UInt8(random.below(12)) }
            }
            let header: [UInt8] = [
                0, 1, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF), 0x21, 0x12, 0xA4, 0x42,
            ]
            let tail = [UInt8](repeating: 7, count: 12)
            let datagram = Bytes(header + tail + bytes)
            if let message = try? StunMessage(parsing: datagram) {
                read += 1
                #expect(message.unknown.count <= StunMessage.unknownMax)
            }
        }
        #expect(read > 100)
    }

    @Test("names the attributes that it must understand and does not, at most eight")
    func unknown() throws {
        var body: [UInt8] = []
        for type in 0..<12 { body += [0x7F, UInt8(type), 0, 0] }
        let header: [UInt8] = [0, 1, 0, UInt8(body.count), 0x21, 0x12, 0xA4, 0x42]
        let datagram = Bytes(header + [UInt8](repeating: 1, count: 12) + body)
        let message = try StunMessage(parsing: datagram)
        #expect(message.unknown == (0..<8).map { 0x7F00 + $0 })
    }

    @Test("tells STUN from the envelope by the first byte, for every version, service and kind")
    func distinct() {
        var plain = StunMessage(.request, StunTests.transaction)
        plain.software = "x"
        #expect(StunMessage.isLikely(Bytes(plain.emitted)))
        var old = plain
        old.cookie = 0x0102_0304
        #expect(StunMessage.isLikely(Bytes(old.emitted)), "a request of RFC 3489")
        old.kind = .success
        #expect(!StunMessage.isLikely(Bytes(old.emitted)))
        for kind in StunMessage.Kind.allCases {
            let first = UInt8(kind.rawValue >> 8)
            #expect(Envelope.parse(firstByte: first) == nil)
        }
        for kind in Envelope.Kind.allCases {
            for service in [Envelope.Service.peer, .tracker] {
                var bytes = plain.emitted
                bytes[0] = Envelope.firstByte(kind, service)
                #expect(Envelope.parse(firstByte: bytes[0]) != nil)
                // Bit 5 is the version's: no STUN method has it, and no length fits by chance.
                #expect(throws: WireError.self) { try StunMessage(parsing: Bytes(bytes)) }
            }
        }
    }
}
