import Basics
import Testing
import Wire

@testable import Secrecy

@Suite("TokenBucket, AddressKey, LoadMeter")
struct RateTests {
    @Test("a bucket never gives more than burst plus rate")
    func bucket() {
        var random = SeededRandom(seed: 3)
        var now = Instant.origin + .seconds(5)
        var bucket = TokenBucket(at: now)
        let start = now
        var taken = 0
        for _ in 0..<10_000 {
            now += .microseconds(random.below(40_000))
            if bucket.take(at: now) { taken += 1 }
            let most = Double(Gate.addressBurst) + (now - start).seconds * Double(Gate.addressRate)
            #expect(Double(taken) <= most)
        }
        #expect(Double(taken) > (now - start).seconds * Double(Gate.addressRate) * 0.9)
    }

    @Test("answers that are longer than their questions go to an address once a second, 5 at once")
    func longer() {
        var limit = AnswerLimit()
        let asker = Endpoint(ipv4: 0x0808_0808, port: 5_353)
        let start = Instant.origin + .seconds(100)
        let given = (0..<1_000).count { number in
            // Another port is the same address.
            limit.allowsLonger(
                asker.with(port: UInt16(2_000 + number)),
                at: start + .milliseconds(10 * number)
            )
        }
        #expect((14...15).contains(given), "5 at once and 10 in 10 s")
        let other = limit.allowsLonger(Endpoint(ipv4: 0x0808_0809, port: 1_024), at: start)
        #expect(other)
    }

    @Test("an address is an IPv4 address or a /64 of IPv6, whatever the port")
    func addressKey() {
        let ipv4 = Endpoint(ipv4: 0x0A00_0001, port: 1)
        #expect(AddressKey(ipv4) == AddressKey(ipv4.with(port: 2)))
        #expect(AddressKey(ipv4) != AddressKey(Endpoint(ipv4: 0x0A00_0002, port: 1)))
        let ipv6 = Endpoint(high: 0x2001_0DB8_0000_0001, low: 1, port: 1)
        let same = Endpoint(high: 0x2001_0DB8_0000_0001, low: 99, port: 7)
        let other = Endpoint(high: 0x2001_0DB8_0000_0002, low: 1, port: 1)
        #expect(AddressKey(ipv6) == AddressKey(same))
        #expect(AddressKey(ipv6) != AddressKey(other))
    }

    @Test("counts about the last second")
    func meter() {
        var meter = LoadMeter()
        let start = Instant.origin + .seconds(100)
        var last = 0
        for index in 0..<300 { last = meter.count(at: start + .milliseconds(10 * index)) }
        #expect((98...102).contains(last))
        #expect(meter.count(at: start + .seconds(10)) == 1)
    }
}
