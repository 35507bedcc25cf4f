import Basics
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "prints and parses",
        arguments: [
            ("192.0.2.1:4000", "192.0.2.1:4000"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("255.255.255.255:65535", "255.255.255.255:65535"),
            ("[2001:db8::1]:4000", "[2001:db8:0:0:0:0:0:1]:4000"),
            ("[::]:1", "[0:0:0:0:0:0:0:0]:1"),
            ("[::1]:1", "[0:0:0:0:0:0:0:1]:1"),
            ("[fe80::]:1", "[fe80:0:0:0:0:0:0:0]:1"),
            ("[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]:1"),
            ("[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"),
            ("[ABCD::EF]:1", "[abcd:0:0:0:0:0:0:ef]:1"),
            ("[::ffff:c000:201]:7", "192.0.2.1:7"),
        ]
    )
    func parses(_ text: String, _ printed: String) throws {
        let endpoint = try #require(Endpoint(parsing: text))
        #expect(endpoint.description == printed)
        #expect(Endpoint(parsing: printed) == endpoint)
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", ":", "1.2.3.4", "1.2.3.4:", "1.2.3:80", "1.2.3.4.5:80", "1.2.3.256:80",
            "1.2.3.-1:80", "1.2..4:80", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:+1",
            "1.2.3.4:000080", " 1.2.3.4:80", "1.2.3.4:80 ", "1.2.3.4:8٠", "example.org:80",
            "::1:80", "[::1]", "[::1]80", "[::1:80", "[]:80", "[:]:80", "[:::]:80", "[1::2::3]:80",
            "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1:2:3:4:5:6:7:8::]:80",
            "[12345::]:80", "[g::]:80", "[::1%eth0]:80", "[1.2.3.4]:80", "[Ａ::]:80", "[::-1]:80",
        ]
    )
    func refuses(_ text: String) {
        #expect(Endpoint(parsing: text) == nil)
    }

    @Test("random endpoints come back")
    func roundTrip() {
        var random = SeededRandom(seed: 1)
        for round in 0..<2_000 {
            let port = UInt16(truncatingIfNeeded: random.next())
            let endpoint =
                round.isMultiple(of: 2)
                ? Endpoint(ipv4: UInt32(truncatingIfNeeded: random.next()), port: port)
                : Endpoint(high: random.next(), low: random.next(), port: port)
            #expect(Endpoint(parsing: endpoint.description) == endpoint)
        }
    }

    @Test("random text never traps")
    func randomText() {
        var random = SeededRandom(seed: 2)
        let alphabet = Array("0129af:.[]- é")
        for _ in 0..<20_000 {
            let text = String((0..<random.below(24)).map { _ in alphabet[random.below(13)] })
            if let endpoint = Endpoint(parsing: text) {
                #expect(Endpoint(parsing: endpoint.description) == endpoint)
            }
        }
    }

    @Test("tells the families apart")
    func families() {
        let ipv4 = Endpoint(ipv4: 0xC000_0201, port: 1)
        #expect(ipv4.ipv4 == 0xC000_0201)
        #expect(Endpoint(high: 0, low: 1, port: 1).ipv4 == nil)
        #expect(Endpoint(high: 0, low: 0xFFFF_C000_0201, port: 1) == ipv4)
        #expect(ipv4.with(port: 2) == Endpoint(ipv4: 0xC000_0201, port: 2))
    }

    @Test("the prefix is /24 for IPv4 and /56 for IPv6, and the families do not meet")
    func prefixes() {
        let ipv4 = Endpoint(ipv4: 0xC000_0201, port: 1)
        #expect(ipv4.prefix == Endpoint(ipv4: 0xC000_02FF, port: 9).prefix)
        #expect(ipv4.prefix != Endpoint(ipv4: 0xC000_0301, port: 1).prefix)
        let ipv6 = Endpoint(high: 0x2001_0DB8_0000_0100, low: 1, port: 1)
        #expect(ipv6.prefix == Endpoint(high: 0x2001_0DB8_0000_01FF, low: 9, port: 2).prefix)
        #expect(ipv6.prefix != Endpoint(high: 0x2001_0DB8_0000_0200, low: 1, port: 1).prefix)
        #expect(Endpoint(high: 0, low: 1, port: 1).prefix != Endpoint(ipv4: 1, port: 1).prefix)
    }

    @Test("knows loopback and unspecified addresses")
    func special() {
        #expect(Endpoint(ipv4: 0x7F00_0001, port: 1).isLoopback)
        #expect(Endpoint(ipv4: 0x7FFF_FFFF, port: 1).isLoopback)
        #expect(Endpoint(high: 0, low: 1, port: 1).isLoopback)
        #expect(!Endpoint(ipv4: 0x8000_0001, port: 1).isLoopback)
        #expect(Endpoint(ipv4: 0, port: 1).isUnspecified)
        #expect(Endpoint(high: 0, low: 0, port: 1).isUnspecified)
        #expect(!Endpoint(ipv4: 1, port: 1).isUnspecified)
    }

    @Test("has an order by address, then port")
    func order() {
        let ordered = [
            Endpoint(ipv4: 1, port: 9), Endpoint(ipv4: 2, port: 1), Endpoint(ipv4: 2, port: 2),
            Endpoint(high: 1, low: 0, port: 0),
        ]
        #expect(ordered.reversed().sorted() == ordered)
    }
}
