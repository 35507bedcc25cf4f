import Basics
import Paths
import Testing
import Wire

@Suite("NAT-PMP and PCP")
struct PortMappingGrammarTests {
    private let nonce = Pcp.Nonce(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)
    private let client = Endpoint(ipv4: 0xC0A8_0105, port: 5_000)

    private func bytes(_ hex: String) -> Bytes {
        Bytes(Hex.bytes(hex.filter { $0 != " " && !$0.isNewline }) ?? [])
    }

    @Test("asks by NAT-PMP as RFC 6886 sections 3.2 and 3.3 say")
    func natPmpRequests() {
        #expect(Hex.string(NatPmp.addressRequest) == "0000")
        let map = NatPmp.mapRequest(inside: 5_000, outside: 6_000, lifetime: 7_200)
        // Version, opcode, reserved, inside, outside, lifetime.
        #expect(Hex.string(map) == "0001" + "0000" + "1388" + "1770" + "00001c20")
        let removal = NatPmp.mapRequest(inside: 5_000, outside: 6_000, lifetime: 0)
        #expect(Hex.string(removal) == "0001" + "0000" + "1388" + "0000" + "00000000")
    }

    @Test("reads the answers of NAT-PMP")
    func natPmpAnswers() throws {
        let address = try NatPmp.parse(bytes("0080 0000 00000e10 c0000201"))
        #expect(address == .address(Endpoint(ipv4: 0xC000_0201, port: 0)))
        let mapping = try NatPmp.parse(bytes("0081 0000 00000e10 1388 1770 00001c20"))
        #expect(mapping == .mapping(inside: 5_000, outside: 6_000, lifetime: 7_200))
        for code in 1...5 {
            #expect(try NatPmp.parse(bytes("0081 000\(code) 00000e10")) == .refused(UInt16(code)))
        }
    }

    @Test("asks by PCP as RFC 6887 sections 7.1 and 11.1 say")
    func pcpRequest() {
        let mapping = Pcp.Mapping(
            nonce: nonce,
            inside: 5_000,
            outside: Endpoint(ipv4: 0, port: 6_000),
            lifetime: 7_200
        )
        let request = Pcp.mapRequest(mapping, client: client)
        #expect(request.count == Pcp.size)
        #expect(
            Hex.string(request)
                == "02010000" + "00001c20" + "00000000000000000000ffffc0a80105"
                + "0102030405060708090a0b0c" + "11000000" + "1388" + "1770"
                + "00000000000000000000ffff00000000"
        )
    }

    private let pcpAnswer =
        "02810000 00000e10 00000064 000000000000000000000000"
        + "0102030405060708090a0b0c 11000000 1388 1771 00000000000000000000ffffc0000201"

    @Test("reads the answers of PCP, with options and without, and of other versions")
    func pcpAnswers() throws {
        let mapping = Pcp.Mapping(
            nonce: nonce,
            inside: 5_000,
            outside: Endpoint(ipv4: 0xC000_0201, port: 6_001),
            lifetime: 3_600
        )
        #expect(try Pcp.parse(bytes(pcpAnswer)) == .mapping(mapping))
        #expect(try Pcp.parse(bytes(pcpAnswer + "02000000")) == .mapping(mapping))
        let refusal = "02810008 0000003c 00000064 000000000000000000000000"
        #expect(try Pcp.parse(bytes(refusal)) == .refused(code: 8, lifetime: 60))
        let newer = "03810001 00000000 00000064 000000000000000000000000"
        #expect(try Pcp.parse(bytes(newer)) == .refused(code: 1, lifetime: 0))
    }

    @Test("refuses every answer that is cut short, and our own requests")
    func truncated() {
        let answers = ["0080 0000 00000e10 c0000201", "0081 0000 00000e10 1388 1770 00001c20"]
        for answer in answers.map({ bytes($0) }) {
            for length in 0..<answer.count {
                #expect(throws: WireError.self) { try NatPmp.parse(answer.slice(0, length)) }
            }
            #expect(throws: WireError.self) { try NatPmp.parse(Bytes(answer.array + [0])) }
        }
        let whole = bytes(pcpAnswer)
        for length in 0..<whole.count {
            #expect(throws: WireError.self) { try Pcp.parse(whole.slice(0, length)) }
        }
        let request = NatPmp.mapRequest(inside: 1, outside: 1, lifetime: 1)
        #expect(throws: WireError.self) { try NatPmp.parse(Bytes(request)) }
        let mapping = Pcp.Mapping(nonce: nonce, inside: 1, outside: client, lifetime: 1)
        let asked = Bytes(Pcp.mapRequest(mapping, client: client))
        #expect(throws: WireError.self) { try Pcp.parse(asked) }
    }

    @Test("random bytes behind plausible headers never trap")
    func random() {
        var random = SeededRandom(seed: 4)
        var read = 0
        for round in 0..<20_000 {
            var bytes = (0..<random.below(80)).map { _ in UInt8(random.below(256)) }
            let header: [UInt8] = round % 2 == 0 ? [0, 0x80, 0, 0] : [2, 0x81, 0, 0]
            for (at, byte) in header.enumerated() where at < bytes.count && random.below(4) > 0 {
                bytes[at] = byte
            }
            if (try? NatPmp.parse(Bytes(bytes))) != nil { read += 1 }
            if (try? Pcp.parse(Bytes(bytes))) != nil { read += 1 }
        }
        #expect(read > 100)
    }
}
