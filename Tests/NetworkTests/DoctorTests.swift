import FoundationEssentials
import Testing

/// What `doctor` prints for programs, as far as the tests look at it.
private struct Account: Decodable {
    struct Finding: Decodable {
        var subject: String
        var verdict: String
        var text: String
    }
    struct Nat: Decodable {
        var type: String?
        var name: String?
        var translation: String?
        var outside: String?
    }
    struct Mapping: Decodable {
        var state: String
        var language: String?
        var outside: String?
    }
    var joining: Bool?
    var findings: [Finding]
    var nat: Nat
    var portMapping: Mapping

    enum CodingKeys: String, CodingKey {
        case joining, findings, nat
        case portMapping = "port_mapping"
    }

    func verdict(_ subject: String) -> String? {
        findings.first { $0.subject == subject }?.verdict
    }
}

@Suite("Doctor in real networks", .serialized, RealNetwork.isPossible, .timeLimit(.minutes(2)))
struct DoctorTests {
    private static let wanted: [Nat: (type: String, name: String)] = [
        .none: ("EI/EI/preserving", "full cone"),
        .full: ("EI/EI/preserving", "full cone"),
        .restricted: ("EI/AD/preserving", "restricted cone"),
        .portRestricted: ("EI/APD/preserving", "port-restricted cone"),
        .symmetric: ("APD/APD/random", "symmetric"),
        .contiguous: ("APD/APD/contiguous", "symmetric"),
        .scattered: ("EI/APD/random", "port-restricted cone"),
    ]

    @Test(
        "doctor names each kind of NAT, and says whether joining will work",
        RealNetwork.hasStunServer
    )
    func verdicts() async throws {
        let lab = Lab()
        defer { lab.close() }
        let server = try #require(StunServer(lab))
        let tracker = try Station(lab, lab.core, ["tracker", "--listen", "\(Lab.first):4310"])
        _ = try await tracker.line()
        try #require(await server.isReady(), "\(server.child.output)")
        var patients: [(Nat, Child)] = []
        for nat in Nat.allCases {
            let home = lab.home(nat)
            let words = ["doctor", "--tracker", "\(Lab.first):4310", "--json"]
            let stun = ["--stun", "\(Lab.first):\(StunServer.port)", "--no-port-mapping"]
            patients.append(
                (nat, try #require(lab.start(home.host, [Child.candela] + words + stun)))
            )
        }
        for (nat, child) in patients {
            let status = await child.wait(seconds: 25)
            let account = try #require(
                try? JSONDecoder().decode(Account.self, from: Data(child.output.utf8)),
                "\(nat): \(child.output) \(child.errors)"
            )
            #expect(status == (nat == .blocked ? 69 : 0), "\(nat)")
            #expect(account.joining == (nat != .blocked), "\(nat)")
            #expect(account.nat.type == DoctorTests.wanted[nat]?.type, "\(nat)")
            #expect(account.nat.name == DoctorTests.wanted[nat]?.name, "\(nat)")
            #expect(account.verdict("udp") == (nat == .blocked ? "bad" : "good"), "\(nat)")
            guard nat != .blocked else { continue }
            #expect(account.nat.translation == (nat == .none ? "none" : "address"))
            let isHard = nat == .symmetric || nat == .contiguous
            #expect(account.verdict("nat") == (isHard ? "warning" : "good"), "\(nat)")
            #expect(account.verdict("mtu") == "good")
        }
    }

    @Test("doctor finds the link that full-size datagrams do not fit through")
    func mtu() async throws {
        let lab = Lab()
        defer { lab.close() }
        let tracker = try Station(lab, lab.core, ["tracker", "--listen", "\(Lab.first):4310"])
        _ = try await tracker.line()
        let home = lab.home(.portRestricted)
        lab.exec(home.router, ["ip", "link", "set", "wan", "mtu", "1100"])
        let words = ["doctor", "--tracker", "\(Lab.first):4310", "--no-port-mapping"]
        let child = try #require(lab.start(home.host, [Child.candela] + words))
        #expect(await child.wait(seconds: 15) == 69)
        #expect(child.output.contains("takes datagrams of at most 1100 bytes"), "\(child.output)")
        #expect(child.output.contains("✗ Joining will not work"), "\(child.output)")
    }

    @Test(
        "doctor has miniupnpd map a port, sees a datagram come in by it, and removes it",
        RealNetwork.hasStunServer,
        RealNetwork.hasRouterDaemon
    )
    func mapping() async throws {
        let lab = Lab()
        defer { lab.close() }
        let server = try #require(StunServer(lab))
        let home = lab.home(.portRestricted)
        let router = try #require(UPnPDaemon(lab, home))
        try #require(await server.isReady(), "\(server.child.output)")
        try #require(await router.isReady(), "\(router.child.output)")
        let stun = "\(Lab.first):\(StunServer.port)"
        let words = [Child.candela, "doctor", "--stun", stun, "--json"]
        let child = try #require(lab.start(home.host, words))
        #expect(await child.wait(seconds: 20) == 69, "no tracker was named")
        let account = try JSONDecoder().decode(Account.self, from: Data(child.output.utf8))
        #expect(account.joining == nil)
        #expect(account.portMapping.state == "mapped")
        #expect(account.portMapping.language == "PCP")
        #expect(account.portMapping.outside?.hasPrefix("\(home.outside):") == true)
        let finding = try #require(account.findings.first { $0.subject == "port_mapping" })
        #expect(finding.text.contains("datagrams come in by it"), "\(finding.text)")
        #expect(router.mappings == [], "\(router.mappings)")
    }
}
