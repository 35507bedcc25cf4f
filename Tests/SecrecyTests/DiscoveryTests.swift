import Basics
import Crypto
import Secrecy
import Testing
import Wire

@Suite("Discovery")
struct DiscoveryTests {
    @Test("the question is as large as a datagram, the answer 33 bytes")
    func roundTrip() {
        let request = Discovery.request(service: .tracker)
        #expect(request.count == 1_200)
        #expect(request[0] == Envelope.firstByte(.discover, .tracker))
        #expect(Discovery.isRequest(Bytes(request)))
        let key = [UInt8](0..<32)
        let answer = Discovery.answer(publicKey: key)
        #expect(answer.count == 33)
        #expect(Discovery.parseAnswer(Bytes(answer)) == key)
    }

    @Test("refuses every other length and kind")
    func refuses() {
        let request = Bytes(Discovery.request(service: .tracker))
        let answer = Bytes(Discovery.answer(publicKey: [UInt8](0..<32)))
        for count in 0..<1_200 { #expect(!Discovery.isRequest(request.slice(0, count))) }
        for count in 0..<33 { #expect(Discovery.parseAnswer(answer.slice(0, count)) == nil) }
        #expect(Discovery.parseAnswer(Bytes(answer.array + [0])) == nil)
        #expect(!Discovery.isRequest(Bytes(request.array + [0])))
        for byte in UInt8.min...UInt8.max {
            let kind = Envelope.parse(firstByte: byte)?.kind
            let question = Bytes([byte] + request.array.dropFirst())
            #expect(Discovery.isRequest(question) == (kind == .discover))
            let reply = Bytes([byte] + answer.array.dropFirst())
            #expect((Discovery.parseAnswer(reply) != nil) == (kind == .identity))
        }
    }
}
