import Basics
import Paths
import Testing
import Wire

@Suite("StunService")
struct StunServiceTests {
    private let asker = Endpoint(ipv4: 0xC000_0201, port: 40_000)
    private let transaction = StunMessage.Transaction(high: 1, low: 2)

    private func service(_ generosity: StunService.Generosity) -> StunService {
        StunService(changes: .port, generosity: generosity, software: "candela tracker")
    }

    private func answer(
        to request: StunMessage,
        _ generosity: StunService.Generosity = .plainRequest
    ) throws -> (StunMessage, StunService.Answer)? {
        let service = service(generosity)
        guard let answer = service.answer(Bytes(request.emitted), from: asker) else { return nil }
        return (try StunMessage(parsing: Bytes(answer.bytes)), answer)
    }

    @Test("tells the asker how it looks from outside")
    func plain() throws {
        let (message, answer) = try #require(try answer(to: StunMessage(.request, transaction)))
        #expect(message.kind == .success)
        #expect(message.mapped == asker)
        #expect(message.transaction == transaction)
        #expect(message.fingerprint == .absent)
        #expect(answer.endpoint == asker && answer.from == [])
        #expect(answer.bytes.count == 32)
    }

    @Test("adds a fingerprint when asked with one, and its name where there is room")
    func courtesy() throws {
        var request = StunMessage(.request, transaction)
        request.fingerprint = .present
        request.software = String(repeating: "x", count: 60)
        let (message, answer) = try #require(try answer(to: request, .never))
        #expect(message.fingerprint == .present)
        #expect(message.software == "candela tracker")
        #expect(answer.bytes.count <= request.emitted.count)
    }

    @Test("never sends more than it got when told so, whatever it is asked")
    func amplification() throws {
        #expect(try answer(to: StunMessage(.request, transaction), .never) == nil)
        for length in 0..<120 {
            var request = StunMessage(.request, transaction)
            request.software = String(repeating: "x", count: length)
            request.change = length % 3 == 0 ? .host : length % 3 == 1 ? .port : []
            if length % 2 == 0 { request.fingerprint = .present }
            guard let (_, answer) = try answer(to: request, .never) else { continue }
            #expect(answer.bytes.count <= request.emitted.count)
        }
    }

    @Test("answers from its other port, and refuses an address that it does not have")
    func changes() throws {
        var request = StunMessage(.request, transaction)
        request.software = String(repeating: "x", count: 20)
        request.change = .port
        #expect(try answer(to: request)?.1.from == .port)
        request.change = [.port, .host]
        let (message, answer) = try #require(try answer(to: request))
        #expect(message.kind == .failure && message.errorCode == 420)
        #expect(message.unknown == [0x0003])
        #expect(answer.from == [])
    }

    @Test("answers to another port of the asker's own address, if it is not a well-known one")
    func responsePort() throws {
        var request = StunMessage(.request, transaction)
        request.software = String(repeating: "x", count: 20)
        request.responsePort = 50_000
        #expect(try answer(to: request)?.1.endpoint == asker.with(port: 50_000))
        request.responsePort = 53
        let (message, answer) = try #require(try answer(to: request))
        #expect(message.kind == .failure)
        #expect(answer.endpoint == asker)
    }

    @Test("an old client, which knows no cookie, hears its address unmasked, and no refusals")
    func oldClients() throws {
        let service = StunService(changes: .port, generosity: .plainRequest, software: "test")
        let asker = Endpoint(ipv4: 0xCB00_7109, port: 4_000)
        var request = StunMessage(.request, .init(high: 1, low: 2))
        request.cookie = 0x0102_0304
        let answer = try #require(service.answer(Bytes(request.emitted), from: asker))
        #expect(answer.bytes.count == StunMessage.headerSize + 12)
        #expect(Array(answer.bytes[4..<8]) == [1, 2, 3, 4])
        // MAPPED-ADDRESS, 8 bytes, IPv4, port 4,000, 203.0.113.9.
        #expect(Array(answer.bytes[20...]) == [0, 1, 0, 8, 0, 1, 0x0F, 0xA0, 203, 0, 113, 9])
        request.change = .host
        #expect(service.answer(Bytes(request.emitted), from: asker) == nil)
    }

    @Test("answers nothing but requests")
    func others() {
        let service = service(.plainRequest)
        for kind in StunMessage.Kind.allCases where kind != .request {
            let datagram = Bytes(StunMessage(kind, transaction).emitted)
            #expect(service.answer(datagram, from: asker) == nil)
        }
        var random = SeededRandom(seed: 3)
        for length in 0..<1_300 {
            let bytes = Bytes((0..<length).map { _ in UInt8(random.below(256)) })
            #expect(service.answer(bytes, from: asker) == nil)
        }
    }
}
