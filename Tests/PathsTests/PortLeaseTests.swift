import Basics
import Paths
import Testing
import Wire

@Suite("PortLease")
struct PortLeaseTests {
    /// A home gateway in virtual time, and the lease that talks to it.
    private struct Home {
        static let gateway = Endpoint(ipv4: 0xC0A8_0101, port: 5_351)
        static let inside = Endpoint(ipv4: 0xC0A8_0105, port: 5_000)
        static let nonce = Pcp.Nonce(high: 7, low: 9)

        var languages: Set<PortLease.Language>
        var outside = Endpoint(ipv4: 0xC000_0201, port: 5_000)
        var lifetime: UInt32 = 7_200
        /// What PCP refuses with.
        var code: UInt8 = 0
        var isSilent = false
        /// Whether requests for its address stay without an answer.
        var hidesAddress = false
        var lease: PortLease
        var now = Instant.origin
        var gained: [Endpoint] = []
        var lost: [Endpoint] = []
        /// When something was sent, in whole seconds.
        var sentAt: [Int] = []
        var lifetimesAsked: [UInt32] = []

        init(_ languages: Set<PortLease.Language>) {
            self.languages = languages
            let configuration = PortLease.Configuration(
                gateway: Home.gateway,
                inside: Home.inside,
                nonce: Home.nonce
            )
            lease = PortLease(configuration, at: .origin)
        }

        mutating func run(until end: Instant) {
            while let deadline = lease.nextDeadline, deadline <= end {
                now = max(now, deadline)
                var effects: [PortLease.Effect] = []
                lease.advance(to: now, into: &effects)
                perform(effects)
            }
            now = end
        }

        mutating func release() {
            var effects: [PortLease.Effect] = []
            lease.release(into: &effects)
            perform(effects)
        }

        private mutating func perform(_ effects: [PortLease.Effect]) {
            for effect in effects {
                switch effect {
                case .gained(let endpoint): gained.append(endpoint)
                case .lost(let endpoint): lost.append(endpoint)
                case .send(let bytes, let to):
                    #expect(to == Home.gateway)
                    sentAt.append(Int((now - .origin).seconds))
                    answer(bytes)
                }
            }
        }

        private mutating func answer(_ request: [UInt8]) {
            if request.count >= 12 {
                let at = request[0] == 2 ? 4 : 8
                lifetimesAsked.append(request[at..<(at + 4)].reduce(0) { $0 << 8 | UInt32($1) })
            }
            guard !isSilent, let answer = reply(request) else { return }
            var effects: [PortLease.Effect] = []
            lease.receive(Bytes(answer), from: Home.gateway, at: now, into: &effects)
            perform(effects)
        }

        private func reply(_ request: [UInt8]) -> [UInt8]? {
            var writer = ByteWriter()
            if request[0] == 2 {
                guard languages.contains(.pcp) else {
                    return languages.contains(.natPmp) ? [0, 0x81, 0, 1, 0, 0, 0, 9] : nil
                }
                writer.raw([2, 0x81, 0, code])
                writer.u32(code == 0 ? lifetime : 120)
                writer.raw([UInt8](repeating: 0, count: 16))
                writer.raw(request[24..<42])
                writer.u16(outside.port)
                writer.u64(outside.high)
                writer.u64(outside.low)
                return writer.bytes
            }
            guard languages.contains(.natPmp), request[1] != 0 || !hidesAddress else { return nil }
            writer.raw([0, request[1] + 128, 0, 0, 0, 0, 0, 9])
            if request[1] == 0 {
                writer.u32(outside.ipv4 ?? 0)
            } else {
                writer.raw(request[4..<6])
                writer.u16(outside.port)
                writer.u32(lifetime)
            }
            return writer.bytes
        }
    }

    private func seconds(_ count: Int) -> Instant { .origin + .seconds(count) }

    @Test("gets a mapping at once, by PCP if the gateway speaks it, else by NAT-PMP")
    func gains() {
        for languages in [[.pcp], [.pcp, .natPmp], [.natPmp]] as [Set<PortLease.Language>] {
            var home = Home(languages)
            home.run(until: .origin)
            #expect(home.gained == [home.outside])
            #expect(home.lease.outside == home.outside)
            #expect(home.lease.language == (languages.contains(.pcp) ? .pcp : .natPmp))
        }
    }

    @Test("renews at half of the life, for as long as it runs")
    func renews() {
        for language in PortLease.Language.allCases {
            var home = Home([language])
            home.run(until: seconds(8 * 3_600))
            #expect(Set(home.sentAt) == Set((0...8).map { $0 * 3_600 }))
            #expect(home.gained.count == 1 && home.lost.isEmpty)
        }
    }

    @Test("asks more often as the end of an unrenewed lease comes near, then gives it up")
    func runsOut() {
        for language in PortLease.Language.allCases {
            var home = Home([language])
            home.run(until: .origin)
            home.isSilent = true
            home.run(until: seconds(7_199))
            #expect(home.lost.isEmpty)
            let renewals = Set(home.sentAt).sorted().dropFirst()
            #expect(renewals.prefix(3) == [3_600, 5_400, 6_300])
            #expect(renewals.count < 16)
            home.run(until: seconds(7_201))
            #expect(home.lost == [home.outside] && home.lease.outside == nil)
            home.isSilent = false
            home.run(until: seconds(7_205 + 600))
            #expect(home.gained == [home.outside, home.outside])
        }
    }

    @Test("half an answer renews nothing: both halves are asked for again")
    func halfRenewed() {
        var home = Home([.natPmp])
        home.run(until: .origin)
        home.hidesAddress = true
        home.run(until: seconds(3_601))
        home.hidesAddress = false
        home.run(until: seconds(5_401))
        #expect(home.sentAt.filter { $0 == 5_400 }.count == 2)
        #expect(home.gained.count == 1 && home.lost.isEmpty)
        home.run(until: seconds(5_400 + 3_599))
        #expect(home.sentAt.last == 5_400)
    }

    @Test("tells when the gateway gives another endpoint at a renewal")
    func moves() {
        for language in PortLease.Language.allCases {
            var home = Home([language])
            home.run(until: .origin)
            let old = home.outside
            home.outside = Endpoint(ipv4: 0xC000_0202, port: 5_001)
            home.run(until: seconds(3_601))
            #expect(home.lost == [old] && home.gained == [old, home.outside])
        }
    }

    @Test("a gateway that says nothing is asked by both, then again after ten minutes")
    func silent() {
        var home = Home([])
        home.run(until: seconds(599))
        // Four by PCP, four times two by NAT-PMP.
        #expect(home.sentAt.count == 12)
        #expect(home.gained.isEmpty && home.lease.outside == nil)
        home.run(until: seconds(620))
        #expect(home.sentAt.count == 24)
    }

    @Test("a refusal ends the asking for as long as the gateway says")
    func refused() {
        var home = Home([.pcp])
        home.code = 8
        home.run(until: seconds(119))
        #expect(home.sentAt == [0] && home.gained.isEmpty)
        home.code = 0
        home.run(until: seconds(121))
        #expect(home.gained == [home.outside])
    }

    @Test("a lease of no length, without port or without address is none")
    func worthless() {
        for language in PortLease.Language.allCases {
            for round in 0..<3 {
                var home = Home([language])
                if round == 0 { home.lifetime = 1 }
                if round == 1 { home.outside = home.outside.with(port: 0) }
                if round == 2 { home.outside = Endpoint(ipv4: 0, port: 5_000) }
                home.run(until: seconds(29))
                #expect(home.gained.isEmpty)
                #expect(home.sentAt.count <= 3)
            }
        }
    }

    @Test("removes the mapping at the end, and is silent from then on")
    func releases() {
        for language in PortLease.Language.allCases {
            var home = Home([language])
            home.run(until: seconds(10))
            home.release()
            #expect(home.lifetimesAsked.last == 0)
            #expect(home.lost == [home.outside])
            #expect(home.lease.nextDeadline == nil)
            let count = home.sentAt.count
            home.release()
            home.run(until: seconds(100_000))
            #expect(home.sentAt.count == count)
        }
    }

    @Test("believes nobody but the gateway, and nothing that it did not ask")
    func strangers() {
        var home = Home([.pcp])
        home.isSilent = true
        home.run(until: .origin)
        let before = home.lease.nextDeadline
        let good = Pcp.Mapping(
            nonce: Pcp.Nonce(high: 7, low: 8),
            inside: 5_000,
            outside: home.outside,
            lifetime: 60
        )
        var answer = Pcp.mapRequest(good, client: home.outside)
        answer[1] = 0x81
        var effects: [PortLease.Effect] = []
        for sender in [Home.gateway, Home.gateway.with(port: 1), Home.inside] {
            home.lease.receive(Bytes(answer), from: sender, at: .origin, into: &effects)
        }
        var random = SeededRandom(seed: 6)
        for length in 0..<200 {
            var bytes = (0..<length).map { _ in UInt8(random.below(256)) }
            if length > 8 { (bytes[0], bytes[1]) = (2, 0x81) }
            let stranger = Home.gateway.with(port: 5_350)
            home.lease.receive(Bytes(bytes), from: stranger, at: .origin, into: &effects)
        }
        #expect(effects.isEmpty && home.lease.outside == nil)
        #expect(home.lease.nextDeadline == before)
    }

    @Test("whatever the gateway sends, it neither traps nor spins")
    func hostile() {
        var random = SeededRandom(seed: 12)
        for language in PortLease.Language.allCases {
            var home = Home([language])
            home.run(until: .origin)
            for _ in 0..<3_000 {
                var bytes = (0..<random.below(70)).map { _ in UInt8(random.below(256)) }
                let header: [UInt8] = language == .pcp ? [2, 0x81, 0, 0] : [0, 0x81, 0, 0]
                for (at, byte) in header.enumerated() where at < bytes.count { bytes[at] = byte }
                var effects: [PortLease.Effect] = []
                home.lease.receive(Bytes(bytes), from: Home.gateway, at: home.now, into: &effects)
                home.run(until: home.now + .seconds(5))
            }
            #expect(home.sentAt.count < 3_000 * 2)
        }
    }
}
