import Basics
import Testing
import Wire

/// What the tracker makes of the members' NATs.
@Suite("NATs at the tracker")
struct NatTests {
    private let channel = Channel()
    private static let apd = NatType.Dependence.addressAndPortDependent
    private static let hopeless = NatType(apd, apd, .random)

    /// A source that everybody reaches, and viewers behind NATs.
    private func gather(
        _ types: [NatType?],
        source: NatType? = .open,
        at desk: Desk
    ) -> [Client] {
        let clients = (0...types.count).map { Client(UInt8($0 + 1)) }
        for (number, client) in clients.enumerated() {
            client.connect(desk)
            guard case .join(var join) = channel.join(number == 0 ? .source : .viewer) else {
                continue
            }
            let type = number == 0 ? source : types[number - 1]
            join.nat = type.map { NatOutlook($0, newestPort: 4_000, insidePort: 5_000) }
            client.say(.join(join), to: desk)
        }
        channel.settle(clients, desk)
        return clients
    }

    @Test(
        "who can meet nobody else has the source as parent in every stripe, even if nobody knows its NAT",
        arguments: [NatType.open, nil]
    )
    func relayed(source: NatType?) {
        let desk = Desk()
        let types = [NatType?](repeating: NatTests.hopeless, count: 6)
        let clients = gather(types, source: source, at: desk)
        for client in clients.dropFirst() {
            #expect(client.parents.count == 8)
            #expect(client.parents.values.allSatisfy { $0 == clients[0].id })
            #expect(client.introductions.allSatisfy { $0.contact.id == clients[0].id })
        }
    }

    @Test("open viewers feed those that can meet only them")
    func openOnes() {
        let desk = Desk()
        let types: [NatType] = [.open, .open, NatTests.hopeless, NatTests.hopeless]
        let clients = gather(types, at: desk)
        let open = clients.prefix(3).map(\.id)
        for client in clients.suffix(2) {
            #expect(client.parents.count == 8)
            #expect(client.parents.values.allSatisfy { open.contains($0) })
        }
    }

    @Test("a viewer that wants its address kept is introduced to the source alone")
    func secluded() {
        let desk = Desk()
        let clients = (0...4).map { Client(UInt8($0 + 1)) }
        for (number, client) in clients.enumerated() {
            client.connect(desk)
            guard case .join(var join) = channel.join(number == 0 ? .source : .viewer) else {
                continue
            }
            if number == 4 {
                join.nat = NatOutlook(.open, newestPort: 1, insidePort: 1, traits: .secluded)
            }
            client.say(.join(join), to: desk)
        }
        channel.settle(clients, desk)
        let (source, secluded) = (clients[0], clients[4])
        #expect(secluded.parents.count == 8)
        #expect(secluded.parents.values.allSatisfy { $0 == source.id })
        #expect(secluded.introductions.allSatisfy { $0.contact.id == source.id })
        for other in clients[1...3] {
            #expect(!other.introductions.contains { $0.contact.id == secluded.id })
            #expect(!other.parents.values.contains(secluded.id))
        }
    }

    @Test("an introduction tells both sides of both NATs, and how far a contiguous one has come")
    func outlooks() throws {
        let desk = Desk()
        let contiguous = NatType(NatTests.apd, NatTests.apd, .contiguous)
        let clients = gather([contiguous, .usual], at: desk)
        let (one, other) = (clients[1], clients[2])
        let toOne = try #require(one.introductions.first { $0.contact.id == other.id })
        let toOther = try #require(other.introductions.first { $0.contact.id == one.id })
        #expect(toOne.number == toOther.number && toOne.part != toOther.part)
        #expect(toOne.near == toOther.far && toOne.far == toOther.near)
        #expect(toOne.near?.type == contiguous && toOne.far?.type == .usual)
        let newest = try #require(toOne.near?.newestPort)
        #expect((4_000...4_006).contains(newest))
    }

    @Test("without a word about NATs introductions are as before")
    func unknown() {
        let desk = Desk()
        let (_, viewers) = channel.gather(3, at: desk)
        let all = viewers.flatMap(\.introductions)
        #expect(!all.isEmpty)
        #expect(all.allSatisfy { $0.near == nil && $0.far == nil })
    }

    @Test("a NAT whose next port is not known yet is introduced to nobody who would aim by it")
    func provisional() throws {
        let desk = Desk()
        let contiguous = NatType(NatTests.apd, NatTests.apd, .contiguous)
        let addressBound = NatType(.endpointIndependent, .addressDependent, .preserving)
        let clients = gather([.usual, addressBound], at: desk)
        let newcomer = Client(9)
        newcomer.connect(desk)
        var join = Join(channel: channel.id, role: .viewer, name: "late", candidates: [])
        join.nat = NatOutlook(contiguous, newestPort: 1, insidePort: 1, traits: .provisional)
        newcomer.say(.join(join), to: desk)
        channel.settle(clients + [newcomer], desk, for: .seconds(1))
        #expect(!newcomer.introductions.contains { $0.contact.id == clients[1].id })
        #expect(newcomer.introductions.contains { $0.contact.id == clients[2].id })
        var report = Report()
        report.nat = NatOutlook(contiguous, newestPort: 4_000, insidePort: 5_000)
        newcomer.say(.report(report), to: desk)
        channel.settle(clients + [newcomer], desk)
        #expect(newcomer.introductions.contains { $0.contact.id == clients[1].id })
    }
}
