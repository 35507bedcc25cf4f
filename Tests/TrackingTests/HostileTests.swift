import Basics
import Secrecy
import Telemetry
import Testing
import Tracking
import Wire

@Suite("Hostile datagrams to a tracker")
struct HostileTests {
    private let stranger = Endpoint(ipv4: 0x2800_0001, port: 9_999)

    private func noise(_ random: inout SeededRandom, _ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    @Test(
        "random bytes never trap, are never answered with more, and change nothing",
        arguments: 1...4
    )
    func randomBytes(seed: UInt64) {
        let desk = Desk()
        let channel = Channel()
        let (source, viewers) = channel.gather(2, at: desk)
        var random = SeededRandom(seed: seed)
        for _ in 0..<3_000 {
            var bytes = noise(&random, random.below(1_400))
            if !bytes.isEmpty, random.below(4) > 0 {
                let kind = Envelope.Kind.allCases[random.below(7)]
                bytes[0] = Envelope.firstByte(kind, .tracker)
            }
            if bytes.count > 5, random.below(2) == 0 {
                bytes.replaceSubrange(
                    1..<5,
                    with: [0, UInt8(random.below(8)), 0, UInt8(random.below(4))]
                )
            }
            let from = random.below(2) == 0 ? stranger : viewers[0].endpoint
            let answers = desk.put(bytes, from: from)
            #expect(answers.reduce(0) { $0 + $1.bytes.count } <= bytes.count)
            #expect(answers.allSatisfy { $0.to == from })
        }
        #expect(desk.snapshot(of: channel.id)?.viewers == 2)
        source.inbox.removeAll()
        source.say(.probe(Probe(sentAt: desk.now)), to: desk)
        #expect(source.inbox.count == 1)
    }

    @Test("a handshake cut short or changed anywhere is not answered")
    func handshake() throws {
        let desk = Desk()
        let client = Client(9)
        let whole = try #require(client.initiation(desk)).datagram
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(desk.put(Array(whole[..<length]), from: client.endpoint).isEmpty)
        }
        for at in stride(from: 0, to: whole.count - 16, by: 5) {
            var changed = whole
            changed[at] ^= 0x10
            #expect(desk.put(changed, from: client.endpoint).isEmpty, "byte \(at)")
        }
        #expect(desk.put(whole, from: client.endpoint).count == 1)
        #expect(desk.put(whole, from: client.endpoint).isEmpty, "a replay was answered")
    }

    @Test("a question for the key is answered only when it is as long as a handshake")
    func discovery() {
        let desk = Desk()
        let first = Envelope.firstByte(.discover, .tracker)
        for size in [1, 33, 600, 1_199] {
            let question = [first] + [UInt8](repeating: 0, count: size - 1)
            #expect(desk.put(question, from: stranger).isEmpty)
        }
        let answers = desk.put([first] + [UInt8](repeating: 0, count: 1_199), from: stranger)
        #expect(answers.count == 1 && answers[0].bytes.count == 33)
    }

    @Test("under a flood of handshakes, addresses must be proved, and cookies are small")
    func flood() throws {
        let desk = Desk()
        var (answered, bytesBack) = (0, 0)
        for number in 0..<400 {
            let client = Client(UInt8(number % 200 + 8))
            let initiation = try #require(client.initiation(desk))
            let from = Endpoint(ipv4: 0x2800_0000 + UInt32(number), port: 9_999)
            for answer in desk.put(initiation.datagram, from: from) {
                answered += 1
                bytesBack = max(bytesBack, answer.bytes.count)
            }
        }
        #expect(answered > 0 && bytesBack <= 100)
    }

    @Test("messages of peers to each other are not for trackers")
    func wrongReceiver() {
        let desk = Desk()
        let client = Client(9)
        client.connect(desk)
        for message in [
            Message.subscribe(Subscribe(stripes: 1, historyAge: nil)),
            .goodbye(Goodbye(reason: .leaving)), .have(BufferMap(oldest: 0, base: 0, masks: [])),
            .plan(PlanUpdate(number: 1, lines: [])),
        ] { client.say(message, to: desk) }
        #expect(client.inbox.isEmpty)
    }
}
