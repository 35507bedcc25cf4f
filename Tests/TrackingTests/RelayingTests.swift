import Basics
import Telemetry
import Testing
import Tracking
import Wire

/// The tracker as the last resort of a pair.
@Suite("Relaying at the tracker")
struct RelayingTests {
    private let channel = Channel()
    private static let apd = NatType.Dependence.addressAndPortDependent
    private static let hopeless = NatType(apd, apd, .random)

    /// A source behind a NAT, and viewers behind others.
    private func gather(source: NatType, _ viewers: [NatType], at desk: Desk) -> [Client] {
        let clients = (0...viewers.count).map { Client(UInt8($0 + 1)) }
        for (number, client) in clients.enumerated() {
            client.connect(desk)
            guard case .join(var join) = channel.join(number == 0 ? .source : .viewer) else {
                continue
            }
            let type = number == 0 ? source : viewers[number - 1]
            join.nat = NatOutlook(type, newestPort: 4_000, insidePort: 5_000)
            client.say(.join(join), to: desk)
        }
        channel.settle(clients, desk)
        return clients
    }

    @Test(
        "an address that a member claims is shown to nobody, unless it means something on its network only"
    )
    func claims() throws {
        let desk = Desk()
        let (_, viewers) = channel.gather(1, at: desk)
        let liar = Client(50)
        liar.connect(desk)
        let victim = Endpoint(ipv4: 0x0808_0808, port: 5_353)
        var join = Join(channel: channel.id, role: .viewer, name: "", candidates: [victim])
        join.uploadCap = 100_000
        liar.say(.join(join), to: desk)
        channel.settle(viewers + [liar], desk, for: .seconds(3))
        #expect(
            !viewers.flatMap(\.introductions).contains { $0.contact.candidates.contains(victim) }
        )
        #expect(desk.snapshot(of: channel.id)?.tracking?.claimsIgnored == 1)
    }

    /// The tickets of a pair for each other.
    private func tickets(_ one: Client, _ other: Client) throws -> (UInt64, UInt64) {
        let here = try #require(one.introductions.last { $0.contact.id == other.id })
        let there = try #require(other.introductions.last { $0.contact.id == one.id })
        return (here.relay, there.relay)
    }

    @Test("who reaches nobody with a seat is introduced to the source with tickets for a relay")
    func offered() throws {
        let desk = Desk()
        let clients = gather(source: RelayingTests.hopeless, [RelayingTests.hopeless], at: desk)
        let (viewer, source) = try tickets(clients[1], clients[0])
        #expect(viewer != 0 && source != 0 && viewer != source)
        let passed = desk.put(
            Relayed.wrap([9, 8, 7], ticket: viewer, for: .tracker),
            from: clients[1].endpoint
        )
        let one = try #require(passed.first)
        #expect(passed.count == 1 && one.to == clients[0].endpoint)
        let relayed = try #require(Relayed(parsing: Bytes(one.bytes)))
        #expect(relayed.ticket == source && relayed.datagram.array == [9, 8, 7])
        let row = try #require(desk.snapshot(of: channel.id)?.tracking)
        #expect(row.relays == 1 && row.relayedDatagrams == 1 && row.relayedBytes > 0)
        let paths = desk.snapshot(of: channel.id)?.peers.map(\.path)
        #expect(paths == ["relayed", "relayed"])
    }

    @Test("no relay where a viewer with spare seats can be met, and none where the source can")
    func unneeded() {
        for (source, types) in [
            (RelayingTests.hopeless, [NatType.open, RelayingTests.hopeless]),
            (.open, [RelayingTests.hopeless, RelayingTests.hopeless]),
        ] {
            let desk = Desk()
            let clients = gather(source: source, types, at: desk)
            #expect(clients.flatMap(\.introductions).allSatisfy { $0.relay == 0 })
        }
    }

    @Test("a ticket serves its owner alone, and nobody else gets an answer")
    func strangers() throws {
        let desk = Desk()
        let clients = gather(source: RelayingTests.hopeless, [RelayingTests.hopeless], at: desk)
        let (viewer, source) = try tickets(clients[1], clients[0])
        let elsewhere = clients[1].endpoint.with(port: 7_000)
        for (ticket, place) in [
            (viewer, elsewhere), (source, clients[1].endpoint), (viewer &+ 1, clients[1].endpoint),
        ] {
            let wrapped = Relayed.wrap([1], ticket: ticket, for: .tracker)
            #expect(desk.put(wrapped, from: place).isEmpty)
        }
        for size in 0..<10 {
            let wrapped = Relayed.wrap([1, 2], ticket: viewer, for: .tracker).prefix(size)
            #expect(desk.put(Array(wrapped), from: clients[1].endpoint).isEmpty)
        }
        let row = desk.snapshot(of: channel.id)?.tracking
        #expect(row?.relayedDatagrams == 0 && row?.dropped ?? 0 >= 3)
    }

    @Test("more than the cap is dropped and counted, and a cap of zero offers nothing")
    func capped() throws {
        var configuration = TrackerConfiguration()
        configuration.relayCap = .kilobits(100)
        let desk = Desk(configuration)
        let clients = gather(source: RelayingTests.hopeless, [RelayingTests.hopeless], at: desk)
        let (viewer, _) = try tickets(clients[1], clients[0])
        let wrapped = Relayed.wrap(
            [UInt8](repeating: 1, count: 1_000),
            ticket: viewer,
            for: .tracker
        )
        let passed = (0..<20).count { _ in !desk.put(wrapped, from: clients[1].endpoint).isEmpty }
        #expect((1...4).contains(passed))
        #expect(desk.snapshot(of: channel.id)?.tracking?.relayOverCap == 20 - passed)
        configuration.relayCap = .kilobits(0)
        let closed = Desk(configuration)
        let others = gather(source: RelayingTests.hopeless, [RelayingTests.hopeless], at: closed)
        #expect(others.flatMap(\.introductions).allSatisfy { $0.relay == 0 })
    }
}
