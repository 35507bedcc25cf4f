import Basics
import Crypto
import Testing
import Wire

@testable import Secrecy

@Suite("ChannelAuthority and ChannelRecord")
struct ChannelAuthorityTests {
    private var entropy = Entropy(secret: [UInt8](repeating: 4, count: 32))
    private let authority: ChannelAuthority
    private let source: ChannelAuthority
    private let record: ChannelRecord
    private let channel: ChannelID

    init() {
        authority = ChannelAuthority.fresh(from: &entropy)
        source = ChannelAuthority.fresh(from: &entropy)
        var record = ChannelRecord(
            authorityKey: .empty,
            name: "Evensong",
            sourceKey: Bytes(source.publicKey),
            epoch: 7
        )
        record.notAfter = 10_000
        authority.sign(&record)
        self.record = record
        channel = authority.channel(named: "Evensong")
    }

    @Test("names a channel by SHA-256 of key and name, cut to 20 bytes")
    func channelID() {
        let hash = SHA256.hash(data: authority.publicKey + Array("Evensong".utf8))
        #expect(channel.bytes == Array(hash.prefix(20)))
        #expect(authority.channel(named: "evensong") != channel)
        #expect(source.channel(named: "Evensong") != channel)
    }

    @Test("comes back from its private bytes")
    func restored() throws {
        let again = try ChannelAuthority(privateKey: authority.privateKey)
        #expect(again.publicKey == authority.publicKey)
        var other = record
        again.sign(&other)
        #expect(other.isValid(for: channel, at: 0))
    }

    @Test("a signed record is valid, also after a trip over the wire")
    func valid() throws {
        #expect(record.isValid(for: channel, at: 0))
        var join = Join(channel: channel, role: .source, name: "", candidates: [])
        join.record = record
        var reader = MessageReader(Bytes(Message.join(join).emitted))
        guard case .join(let parsed) = try reader.next() else {
            Issue.record("no join")
            return
        }
        #expect(parsed.record?.isValid(for: channel, at: 0) == true)
    }

    @Test("names of any length work, cut to 128 bytes", arguments: [0, 1, 127, 128, 129, 500])
    func names(_ count: Int) throws {
        let name = String(repeating: "é", count: count)
        var long = record
        long.name = name
        authority.sign(&long)
        var join = Join(channel: channel, role: .source, name: "", candidates: [])
        join.record = long
        var reader = MessageReader(Bytes(Message.join(join).emitted))
        guard case .join(let parsed) = try reader.next() else {
            Issue.record("no join")
            return
        }
        #expect(parsed.record?.isValid(for: authority.channel(named: name), at: 0) == true)
    }

    @Test("is void after its time, with a minute's tolerance")
    func expiry() {
        #expect(record.isValid(for: channel, at: 10_060))
        #expect(!record.isValid(for: channel, at: 10_061))
        #expect(!record.isValid(for: channel, at: .max))
        var endless = record
        endless.notAfter = .max
        authority.sign(&endless)
        #expect(endless.isValid(for: channel, at: .max))
        endless.notAfter = .min
        authority.sign(&endless)
        #expect(!endless.isValid(for: channel, at: 0))
    }

    @Test("does not hold for another channel or another authority")
    func otherChannel() {
        #expect(!record.isValid(for: authority.channel(named: "Matins"), at: 0))
        var stolen = record
        source.sign(&stolen)
        #expect(!stolen.isValid(for: channel, at: 0))
        stolen = record
        stolen.authorityKey = Bytes(source.publicKey)
        #expect(!stolen.isValid(for: channel, at: 0))
    }

    @Test("covers every field but the media rate")
    func fields() {
        let changes: [(inout ChannelRecord) -> Void] = [
            { $0.name = "Matins" },
            { $0.sourceKey = Bytes([UInt8](repeating: 3, count: 32)) },
            { $0.epoch += 1 },
            { $0.notAfter += 1 },
            { $0.stripeCount = 16 },
            { $0.signature = .empty },
            { $0.signature = Bytes([UInt8](repeating: 0, count: 64)) },
            { $0.authorityKey = .empty },
        ]
        for change in changes {
            var changed = record
            change(&changed)
            #expect(!changed.isValid(for: channel, at: 0))
        }
        var rated = record
        rated.mediaRate = 5_000_000
        #expect(rated.isValid(for: channel, at: 0))
    }

    @Test("a signature with any bit altered, of any other length, or not canonical is refused")
    func signatures() {
        for altered in bitFlips(record.signature.array) {
            #expect(!isValid(signature: altered))
        }
        for count in 0..<64 { #expect(!isValid(signature: record.signature.slice(0, count).array)) }
        #expect(!isValid(signature: record.signature.array + [0]))
        #expect(!isValid(signature: withGroupOrderAdded(record.signature.array)))
        #expect(isValid(signature: record.signature.array))
    }

    @Test("keys of small order are refused: anybody could sign under them")
    func smallOrder() throws {
        // Under the neutral element as key, R = 0 and S = 0 sign everything.
        let neutral: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
        let forged = neutral + [UInt8](repeating: 0, count: 32)
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: neutral)
        #expect(key.isValidSignature(forged, for: [1, 2, 3]))
        var weak = record
        weak.authorityKey = Bytes(neutral)
        weak.signature = Bytes(forged)
        let id = ChannelRecord.channel(authorityKey: neutral, name: weak.name)
        #expect(!weak.isValid(for: id, at: 0))

        var weakSource = record
        weakSource.sourceKey = Bytes(neutral)
        authority.sign(&weakSource)
        #expect(!weakSource.isValid(for: channel, at: 0))
    }

    private func isValid(signature: [UInt8]) -> Bool {
        var changed = record
        changed.signature = Bytes(signature)
        return changed.isValid(for: channel, at: 0)
    }

    /// The same signature with S + L: equal in the group, but not the one canonical form.
    private func withGroupOrderAdded(_ signature: [UInt8]) -> [UInt8] {
        let order = Hex.bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var result = signature
        var carry = 0
        for (index, byte) in (order ?? []).enumerated() {
            let sum = Int(result[32 + index]) + Int(byte) + carry
            result[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        return result
    }
}
