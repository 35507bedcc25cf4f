import Basics
import Surroundings
import Testing

@Suite("Port mapping")
struct PortMappingTests {
    @Test("counts for everybody only where its address does")
    func outside() {
        let everywhere = Endpoint(ipv4: 0x2C01_0002, port: 4_300)
        let inner = Endpoint(ipv4: 0x0A00_0002, port: 4_300)
        #expect(PortMapping(.mapped(.pcp, outside: everywhere)).outside == everywhere)
        let double = PortMapping(.mapped(.upnp, outside: inner))
        #expect(double.outside == nil)
        #expect(double.sentence.contains("behind another NAT"))
        #expect(PortMapping(.asking).outside == nil)
    }

    @Test("says in words why there is none, and is settled with it")
    func reasons() {
        let reasons: [PortMapping.Reason] = [
            .unwanted, .local, .publicAddress, .noRouter, .silent, .refused("UPnP error 501"),
        ]
        let sentences = reasons.map { PortMapping(.absent($0)).sentence }
        #expect(Set(sentences).count == reasons.count)
        #expect(sentences.last?.contains("UPnP error 501") == true)
        #expect(reasons.allSatisfy { PortMapping(.off($0)).isSettled })
        #expect(!PortMapping(.asking).isSettled)
    }
}
