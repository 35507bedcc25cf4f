import Basics
import Testing

@testable import Surroundings

@Suite("Default route")
struct DefaultRouteTests {
    private static let head =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"

    private func parse(_ lines: String...) -> DefaultRoute? {
        DefaultRoute.parse(([DefaultRouteTests.head] + lines).joined(separator: "\n") + "\n")
    }

    @Test("is the one with the least metric that goes through a router")
    func metric() {
        let route = parse(
            "wlan0\t00000000\t0107A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
            "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0",
            "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"
        )
        #expect(route?.interface == "eth0")
        #expect(route?.router == Endpoint(ipv4: 0x0A00_0001, port: 0))
    }

    @Test(
        "is not there without a router, for a half of the addresses, or in what is no table",
        arguments: [
            "", "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0",
            "tun0\t00000000\t0100000A\t0003\t0\t0\t0\t00000080\t0\t0\t0",
            "eth0\t00000000\t0100000A\t0002\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t00000000", "eth0\t00000000\tnonsense\t0003\t0\t0\t0\t00000000\t0",
        ]
    )
    func absent(line: String) {
        #expect(parse(line) == nil)
        #expect(DefaultRoute.parse(line) == nil)
    }
}
