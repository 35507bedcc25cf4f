import Basics
import Testing

@testable import Chandelier

@Suite("What links are worth")
struct LinkWorthTests {
    /// Two parents and a child, the last member.
    private func view() -> SwarmView {
        var view = Swarms.equal(0)
        for id in 2...4 as ClosedRange<UInt64> {
            var member = SwarmView.Member(id: PeerID(id), role: .viewer, seats: 8, prefix: id << 20)
            member.coordinate = Coordinate(x: 50, y: 50)
            view.members.append(member)
        }
        return view
    }

    private func worths(_ view: SwarmView) -> (Int32, Int32) {
        let worth = LinkWorth(Roster(view))
        return (worth(3, under: 1), worth(3, under: 2))
    }

    @Test("equal parents are worth the same, within the limits")
    func equal() {
        let (first, second) = worths(view())
        #expect(first == second)
        #expect((0...LinkWorth.most).contains(first))
    }

    @Test("near, close by name, fast, steady and easy parents are worth more")
    func better() {
        let changes: [(inout SwarmView) -> Void] = [
            { $0.members[1].coordinate = nil },
            { $0.members[1].coordinate = Coordinate(x: 90, y: 90) },
            { $0.members[2].prefix = $0.members[3].prefix },
            { $0.members[2].prefix = $0.members[3].prefix + 1 },
            { $0.members[2].seats = 100 },
            { $0.members[2].uptime = .seconds(3_600) },
            { $0.members[3].roundTrips = [.init(peer: PeerID(2), span: .milliseconds(200))] },
            { $0.members[1].roundTrips = [.init(peer: PeerID(4), span: .milliseconds(200))] },
            {
                $0.reachability = Reachability(classCount: 2) { $0 == $1 ? .direct : .hard }
                $0.members[1].reach = 1
            },
        ]
        for (number, change) in changes.enumerated() {
            var changed = view()
            change(&changed)
            let (first, second) = worths(changed)
            #expect(first < second, "change \(number)")
        }
    }

    @Test("measurements that make no sense are not heeded")
    func nonsense() {
        for bad in [Float.nan, .infinity, -1e30] {
            var changed = view()
            changed.members[1].coordinate = Coordinate(x: bad, y: 0, height: 0)
            changed.members[2].coordinate = nil
            let (first, second) = worths(changed)
            #expect(first == second)
        }
        var changed = view()
        changed.members[3].roundTrips = [.init(peer: PeerID(2), span: .seconds(-5))]
        #expect((0...LinkWorth.most).contains(worths(changed).0))
    }

    @Test("regions are /16 of IPv4 and /32 of IPv6")
    func regions() throws {
        let near = try #require(Endpoint(parsing: "10.1.2.3:4")).prefix
        let far = try #require(Endpoint(parsing: "10.1.9.3:4")).prefix
        let other = try #require(Endpoint(parsing: "10.2.2.3:4")).prefix
        #expect(near != far)
        #expect(LinkWorth.region(of: near) == LinkWorth.region(of: far))
        #expect(LinkWorth.region(of: near) != LinkWorth.region(of: other))
        let six = try #require(Endpoint(parsing: "[2001:db8:1::1]:4")).prefix
        let seven = try #require(Endpoint(parsing: "[2001:db8:ffff::1]:4")).prefix
        #expect(six != seven)
        #expect(LinkWorth.region(of: six) == LinkWorth.region(of: seven))
    }

    @Test("pairs connect both ways, and unknown classes count as the last one")
    func reachability() {
        let table = Reachability(classCount: 3) { low, high in
            low == 0 ? .direct : high == 2 ? .never : .easy
        }
        #expect(table.grade(2, 0) == .direct && table.grade(0, 2) == .direct)
        #expect(table.grade(1, 2) == .never && table.grade(2, 1) == .never)
        #expect(table.grade(1, 1) == .easy)
        #expect(table.grade(99, -4) == table.grade(2, 0))
    }

    @Test("seats are nine tenths of the upload")
    func seats() {
        let rate = BitRate.kilobits(125)
        #expect(SwarmView.seats(upload: .megabits(1), stripeRate: rate) == 7)
        #expect(SwarmView.seats(upload: .megabits(0), stripeRate: rate) == 0)
        #expect(SwarmView.seats(upload: .megabits(1), stripeRate: .kilobits(0)) == 0)
    }
}
