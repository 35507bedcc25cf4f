import Basics
import Paths
import Testing

@Suite("NatSurvey")
struct NatSurveyTests {
    private func reading(_ type: NatType, _ answers: NatReading.Finding = .yes) -> NatReading {
        var reading = NatReading()
        reading.type = type
        reading.answers = answers
        return reading
    }

    private let hard = NatType(.addressAndPortDependent, .addressAndPortDependent, .random)

    @Test("a family counts when datagrams come back over it")
    func families() {
        let dual = NatSurvey(ipv4: reading(.usual), ipv6: reading(.usual))
        #expect(dual.families == [.ipv4, .ipv6] && !dual.isIPv6Only)
        let blocked = NatSurvey(ipv4: reading(.usual, .no), ipv6: reading(.usual))
        #expect(blocked.families == [.ipv6] && blocked.isIPv6Only)
        let unknown = NatSurvey(ipv4: reading(.usual, .unknown), ipv6: nil)
        #expect(unknown.families.isEmpty && !unknown.isIPv6Only)
    }

    @Test("an IPv4 that NAT64 makes up leaves a host IPv6-only")
    func translated() {
        var made = reading(.usual)
        made.translation = .family
        #expect(NatSurvey(ipv4: made, ipv6: reading(.usual)).isIPv6Only)
    }

    @Test("takes the family with less effort, IPv6 among equals, none when none is shared")
    func ways() throws {
        let dual = NatSurvey(ipv4: reading(hard), ipv6: reading(.usual))
        let way = try #require(dual.way(to: dual))
        #expect(way.family == .ipv6 && way.strategy == .simultaneousOpen)
        let open4 = NatSurvey(ipv4: reading(.open), ipv6: reading(.usual))
        #expect(try #require(open4.way(to: open4)).family == .ipv6)
        let worse6 = NatSurvey(ipv4: reading(.open), ipv6: reading(hard))
        #expect(try #require(worse6.way(to: dual)).strategy.effort == .simple)
        let only4 = NatSurvey(ipv4: reading(.usual), ipv6: nil)
        let only6 = NatSurvey(ipv4: nil, ipv6: reading(.open))
        #expect(only4.way(to: only6) == nil)
        let relayed = try #require(only4.way(to: NatSurvey(ipv4: reading(hard), ipv6: nil)))
        #expect(relayed.strategy == .relay)
    }

    @Test("speaks plainly of what it knows and of what it does not")
    func words() {
        #expect(NatReading().plainWords == "Not looked at yet.")
        #expect(reading(.usual, .no).plainWords.contains("relayed"))
        #expect(reading(.usual).plainWords.contains("port-restricted cone"))
        var open = reading(.open)
        open.translation = .none
        #expect(open.plainWords == "No NAT; open.")
    }
}
