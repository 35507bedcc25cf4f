import Basics
import Testing
import Wire

@testable import Secrecy

@Suite("Gate")
struct GateTests {
    private let home = Endpoint(ipv4: 0xC000_0201, port: 4_000)
    private let elsewhere = Endpoint(ipv4: 0xC000_0202, port: 4_000)

    private func gate(_ pair: Pair, _ suite: Suite = .noise) -> Gate {
        Gate(
            publicKey: pair.bob.publicKey,
            secret: [UInt8](repeating: 9, count: 32),
            suite: suite
        )
    }

    /// A gate that has just seen more initiations than it lets in without a cookie.
    private func busyGate(_ pair: inout Pair) throws -> Gate {
        var gate = gate(pair)
        let datagram = Bytes(try pair.initiate().datagram)
        for _ in 0..<Gate.rateMax { _ = gate.check(datagram, from: elsewhere, at: pair.now) }
        return gate
    }

    private func cookie(_ verdict: Gate.Verdict, for pending: PendingInitiation) throws -> [UInt8] {
        guard case .cookie(let reply) = verdict else {
            Issue.record("no cookie but \(verdict)")
            return []
        }
        return try #require(
            Cookie.open(
                Bytes(reply),
                sentMac1: pending.sentMac1,
                responderKey: pending.remoteKey
            )
        )
    }

    @Test("lets an initiation for our key in", arguments: [Suite.noise, .standIn])
    func proceeds(_ suite: Suite) throws {
        var pair = Pair(suite)
        var gate = gate(pair, suite)
        let pending = try pair.initiate()
        #expect(gate.check(Bytes(pending.datagram), from: home, at: pair.now) == .proceed)
    }

    @Test("drops an initiation with any bit altered but mac2")
    func bitFlipped() throws {
        var pair = Pair()
        var gate = gate(pair)
        let datagram = try pair.initiate().datagram
        for altered in bitFlips(datagram, in: 0..<InitiationLayout.mac2Start) {
            #expect(gate.check(Bytes(altered), from: home, at: pair.now) == .drop)
        }
        #expect(gate.check(Bytes(datagram), from: home, at: pair.now) == .proceed)
    }

    @Test("drops an initiation for another key")
    func otherKey() throws {
        var pair = Pair()
        var gate = Gate(publicKey: pair.alice.publicKey, secret: [UInt8](repeating: 9, count: 32))
        let datagram = Bytes(try pair.initiate().datagram)
        #expect(gate.check(datagram, from: home, at: pair.now) == .drop)
    }

    @Test("drops every other length and kind")
    func otherShapes() throws {
        var pair = Pair()
        var gate = gate(pair)
        let datagram = try pair.initiate().datagram
        for count in 0..<1_200 {
            let cut = Bytes(datagram).slice(0, count)
            #expect(gate.check(cut, from: home, at: pair.now) == .drop)
        }
        for count in [1_201, 1_500, 65_507] {
            let long = datagram + [UInt8](repeating: 0, count: count - datagram.count)
            #expect(gate.check(Bytes(long), from: home, at: pair.now) == .drop)
        }
        for byte in UInt8.min...UInt8.max where byte != datagram[0] {
            let other = Bytes([byte] + datagram.dropFirst())
            #expect(gate.check(other, from: home, at: pair.now) == .drop)
        }
    }

    @Test("asks for a cookie above 50 initiations per second, and no longer when it is over")
    func load() throws {
        var pair = Pair()
        var gate = gate(pair)
        let datagram = Bytes(try pair.initiate().datagram)
        for _ in 0..<Gate.rateMax {
            #expect(gate.check(datagram, from: home, at: pair.now) == .proceed)
        }
        #expect(gate.check(datagram, from: home, at: pair.now) != .proceed)
        pair.now += .milliseconds(500)
        #expect(gate.check(datagram, from: home, at: pair.now) != .proceed)
        pair.now += .milliseconds(1_500)
        #expect(gate.check(datagram, from: home, at: pair.now) == .proceed)
    }

    @Test("a flood without our key does not count as load")
    func flood() throws {
        var pair = Pair()
        var gate = gate(pair)
        let datagram = try pair.initiate().datagram
        let forged = Bytes(Array(datagram.dropLast(32)) + [UInt8](repeating: 1, count: 32))
        for _ in 0..<1_000 {
            #expect(gate.check(forged, from: elsewhere, at: pair.now) == .drop)
        }
        #expect(gate.check(Bytes(datagram), from: home, at: pair.now) == .proceed)
    }

    @Test("lets in who shows the cookie of their address")
    func showsCookie() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        var pending = try pair.initiate()
        let verdict = gate.check(Bytes(pending.datagram), from: home, at: pair.now)
        if case .cookie(let reply) = verdict {
            #expect(reply.count == 49)
            #expect(Cookie.receiverIndex(of: Bytes(reply)) == pending.localIndex)
        }
        let mac1 = pending.sentMac1
        pending.retry(withCookie: try cookie(verdict, for: pending))
        #expect(pending.sentMac1 == mac1)
        let datagram = Bytes(pending.datagram)
        #expect(gate.check(datagram, from: home, at: pair.now) == .proceed)
        #expect(gate.check(datagram, from: elsewhere, at: pair.now) != .proceed)
        let moved = home.with(port: 4_001)
        #expect(gate.check(datagram, from: moved, at: pair.now) != .proceed)
        _ = try pair.respond(to: pending.datagram)
    }

    @Test("a later initiation can bring the cookie along")
    func reusesCookie() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        let first = try pair.initiate()
        let verdict = gate.check(Bytes(first.datagram), from: home, at: pair.now)
        var parameters = pair.initiation()
        parameters.cookie = try cookie(verdict, for: first)
        let second = try #require(
            Handshake.initiate(parameters, entropy: &pair.entropy, at: pair.now)
        )
        #expect(gate.check(Bytes(second.datagram), from: home, at: pair.now) == .proceed)
    }

    @Test("a cookie is good for one to two minutes")
    func cookieAge() throws {
        var pair = Pair()
        pair.now = .origin + .seconds(60_000)
        var gate = try busyGate(&pair)
        var pending = try pair.initiate()
        let verdict = gate.check(Bytes(pending.datagram), from: home, at: pair.now)
        pending.retry(withCookie: try cookie(verdict, for: pending))
        for (age, isGood) in [(59, true), (61, true), (119, true), (120, false), (600, false)] {
            let later = pair.now + .seconds(age)
            var busy = gate
            let plain = Bytes(try pair.initiate().datagram)
            for _ in 0..<Gate.rateMax { _ = busy.check(plain, from: elsewhere, at: later) }
            let isIn = busy.check(Bytes(pending.datagram), from: home, at: later) == .proceed
            #expect(isIn == isGood, "\(age) s")
        }
    }

    @Test("a cookie reply opens only for the initiation that it answers, and unaltered")
    func cookieReply() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        let (pending, other) = (try pair.initiate(), try pair.initiate())
        let verdict = gate.check(Bytes(pending.datagram), from: home, at: pair.now)
        guard case .cookie(let reply) = verdict else {
            Issue.record("no cookie")
            return
        }
        let key = pair.bob.publicKey
        func open(_ bytes: [UInt8], mac1: [UInt8], key: [UInt8]) -> [UInt8]? {
            Cookie.open(Bytes(bytes), sentMac1: mac1, responderKey: key)
        }
        #expect(open(reply, mac1: pending.sentMac1, key: key)?.count == 16)
        #expect(open(reply, mac1: other.sentMac1, key: key) == nil)
        #expect(open(reply, mac1: pending.sentMac1, key: pair.alice.publicKey) == nil)
        for altered in bitFlips(reply, in: 5..<49) {
            #expect(open(altered, mac1: pending.sentMac1, key: key) == nil)
        }
        for count in 0..<49 {
            #expect(open(Array(reply.prefix(count)), mac1: pending.sentMac1, key: key) == nil)
        }
    }

    @Test("a false cookie brings another one, not entrance")
    func falseCookie() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        var pending = try pair.initiate()
        for guess in [[UInt8](repeating: 0, count: 16), [UInt8](repeating: 7, count: 16)] {
            pending.retry(withCookie: guess)
            let verdict = gate.check(Bytes(pending.datagram), from: home, at: pair.now)
            _ = try cookie(verdict, for: pending)
        }
    }

    @Test("under load an address gets 5 at once and 20 per second")
    func addressRate() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        var pending = try pair.initiate()
        let verdict = gate.check(Bytes(pending.datagram), from: home, at: pair.now)
        pending.retry(withCookie: try cookie(verdict, for: pending))
        let datagram = Bytes(pending.datagram)
        func admitted(_ count: Int, at now: Instant) -> Int {
            (0..<count).count { _ in gate.check(datagram, from: home, at: now) == .proceed }
        }
        #expect(admitted(10, at: pair.now) == Gate.addressBurst)
        #expect(admitted(10, at: pair.now + .milliseconds(49)) == 0)
        #expect(admitted(10, at: pair.now + .milliseconds(50)) == 1)
        #expect(admitted(10, at: pair.now + .milliseconds(200)) == 3)
        #expect(gate.addressCount == 1)
    }

    @Test("remembers at most 4,096 addresses")
    func bound() throws {
        var pair = Pair()
        var gate = try busyGate(&pair)
        let pending = try pair.initiate()
        for number in 0..<(Gate.addressesMax + 100) {
            let address = Endpoint(ipv4: 0x0A00_0000 + UInt32(number), port: 1)
            let verdict = gate.check(Bytes(pending.datagram), from: address, at: pair.now)
            var own = pending
            own.retry(withCookie: try cookie(verdict, for: pending))
            #expect(gate.check(Bytes(own.datagram), from: address, at: pair.now) == .proceed)
        }
        #expect(gate.addressCount == Gate.addressesMax)
    }
}
