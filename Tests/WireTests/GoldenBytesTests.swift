import Basics
import Testing
import Wire

/// What the messages are on the wire, byte for byte: these bytes must not change within a version.
@Suite("Golden bytes")
struct GoldenBytesTests {
    @Test("chunk")
    func chunk() throws {
        try check(
            .chunk(
                ChunkMessage(
                    id: ChunkID(block: 0x0102_0304, index: 5),
                    hops: 6,
                    payload: Bytes([0x47, 0x40, 0x00])
                )
            ),
            "81"  // type: chunk, up to the end
                + "01020304"  // block
                + "05"  // index
                + "06"  // hops
                + "474000"
        )  // the chunk's bytes
    }

    @Test("subscribe")
    func subscribe() throws {
        try check(
            .subscribe(
                Subscribe(
                    stripes: 0b101,
                    planned: 0b1,
                    interior: 0b110,
                    historyAge: 2_000,
                    manifests: .all
                )
            ),
            "10"  // type: subscribe
                + "0011"  // length
                + "00000005"  // stripes 0 and 2
                + "00000001"  // planned is stripe 0
                + "00000006"  // interior in stripes 1 and 2
                + "000007d0"  // history of 2,000 ms
                + "01"
        )  // with all manifests
        try check(
            .subscribe(Subscribe(stripes: 0b101, historyAge: nil)),
            "10" + "0011" + "00000005" + "00000000" + "00000000"
                + "ffffffff"  // no history
                + "00"
        )  // the stripes' manifests only
    }

    @Test("request and lack")
    func request() throws {
        let entries = [
            ChunkRequest.Entry(block: 7, mask: 1 << 63 | 1), .init(block: 8, mask: 0xFF00),
        ]
        let body =
            "0019"  // length
            + "02"  // two blocks
            + "00000007" + "8000000000000001"  // block 7, chunks 0 and 63
            + "00000008" + "000000000000ff00"  // block 8, chunks 8…15
        try check(.request(ChunkRequest(entries: entries)), "15" + body)
        try check(.lack(ChunkRequest(entries: entries)), "16" + body)
    }

    @Test("probe and echo")
    func probe() throws {
        try check(
            .probe(Probe(sentAt: Instant(nanoseconds: 0x0102_0304_0506_0708))),
            "19" + "0008"  // type: probe, length
                + "0102030405060708"
        )  // sent at, nanoseconds
        try check(
            .echo(
                Echo(
                    probeSentAt: Instant(nanoseconds: 1),
                    receivedAt: Instant(nanoseconds: 2),
                    sourceOffset: TimeSpan(nanoseconds: -3),
                    offsetError: .milliseconds(1)
                )
            ),
            "1a" + "001c"  // type: echo, length
                + "0000000000000001"  // the probe's stamp
                + "0000000000000002"  // received at
                + "fffffffffffffffd"  // the source's clock is 3 ns behind
                + "000003e8"
        )  // give or take 1,000 µs
    }

    @Test("join")
    func join() throws {
        var join = Join(
            channel: try #require(ChannelID([UInt8](0..<20))),
            role: .viewer,
            name: "Åsa",
            candidates: [
                Endpoint(ipv4: 0xC0A8_0102, port: 4_000),
                Endpoint(high: 0x2001_0DB8_0000_0000, low: 1, port: 1),
            ]
        )
        join.uploadCap = 5_000
        try check(
            .join(join),
            "01" + "0045"  // type: join, length
                + "000102030405060708090a0b0c0d0e0f10111213"  // channel
                + "01"  // role: viewer
                + "04" + "c3857361"  // name
                + "00001388"  // upload cap, kbit/s
                + "02"  // two candidates
                + "00000000000000000000ffffc0a80102" + "0fa0"  // 192.168.1.2:4000
                + "20010db8000000000000000000000001" + "0001"  // [2001:db8::1]:1
                + "00"  // no record
                + "ff"
        )  // no NAT known
    }

    @Test("the NAT of a join, after the record")
    func joinWithNat() throws {
        var join = Join(
            channel: try #require(ChannelID([UInt8](repeating: 9, count: 20))),
            role: .viewer,
            name: "",
            candidates: []
        )
        join.nat = NatOutlook(
            NatType(.addressAndPortDependent, .addressDependent, .contiguous),
            delta: -2,
            newestPort: 0x1234,
            insidePort: 0x5678,
            traits: [.hairpins]
        )
        try check(
            .join(join),
            "01" + "0023"  // type: join, length
                + String(repeating: "09", count: 20)  // channel
                + "01" + "00" + "ffffffff" + "00" + "00"  // viewer, nothing else
                + "16"  // type 22: mapping 2, filtering 1, allocation 1
                + "fe" + "1234" + "5678"  // delta, newest port, inside port
                + "01"
        )  // it hairpins
    }

    @Test("introduction")
    func introduction() throws {
        var introduction = Introduction(
            number: 0x0102_0304_0506_0708,
            token: Bytes([UInt8](repeating: 0x77, count: 16)),
            part: .responder,
            contact: Contact(
                key: Bytes([UInt8](repeating: 0xA1, count: 32)),
                candidates: [Endpoint(ipv4: 0xCB00_7109, port: 4_000)]
            )
        )
        introduction.name = "B"
        introduction.far = NatOutlook(.usual, newestPort: 4_000, insidePort: 5_000)
        introduction.relay = 0x1112_1314_1516_1718
        try check(
            .introduce(introduction),
            "05" + "005f"  // type: introduce, length
                + "0102030405060708"  // number
                + String(repeating: "77", count: 16)  // token
                + "01" + "01"  // responder; the other is a viewer
                + String(repeating: "a1", count: 32)  // its key
                + "01" + "00000000000000000000ffffcb007109" + "0fa0"  // 203.0.113.9:4000
                + "01" + "42"  // its name
                + "ff"  // nothing known of our own NAT
                // EI/APD/preserving, delta 1, newest port 4,000, inside port 5,000
                + "06" + "01" + "0fa0" + "1388" + "00"
                + "1112131415161718"  // our ticket for a relay
        )
    }

    @Test("join of a source, with the channel's record")
    func joinWithRecord() throws {
        var join = Join(
            channel: try #require(ChannelID([UInt8](repeating: 9, count: 20))),
            role: .source,
            name: "",
            candidates: []
        )
        var record = ChannelRecord(
            authorityKey: Bytes([UInt8](repeating: 0xA1, count: 32)),
            name: "Hi",
            sourceKey: Bytes([UInt8](repeating: 0xB2, count: 32)),
            epoch: 3
        )
        record.notAfter = 0x10
        record.mediaRate = 1_000_000
        record.signature = Bytes([UInt8](repeating: 0xC3, count: 64))
        join.record = record
        let signed =
            String(repeating: "a1", count: 32)  // authority key
            + "02" + "4869"  // name
            + String(repeating: "b2", count: 32)  // source key
            + "00000003"  // epoch
            + "0000000000000010"  // not after
            + "08"  // stripes
        #expect(Hex.string(record.signed) == signed)
        try check(
            .join(join),
            "01" + "00b1"  // type: join, length
                + String(repeating: "09", count: 20)  // channel
                + "00" + "00" + "ffffffff" + "00"  // source, no name, no cap, no candidates
                + "01" + signed  // a record
                + "000f4240"  // media rate
                + String(repeating: "c3", count: 64)  // signature
                + "ff"
        )  // no NAT known
    }

    @Test("manifest")
    func manifest() throws {
        var manifest = Manifest()
        manifest.flags = [.keyFrame, .end]
        manifest.epoch = 2
        manifest.block = 0x0A0B_0C0D
        manifest.sourceCount = 2
        manifest.repairCount = 1
        manifest.symbolSize = 1_128
        manifest.lastSize = 188
        manifest.mediaTime = .seconds(1)
        manifest.sentAt = Instant(nanoseconds: 0x1122_3344_5566_7788)
        manifest.previous = Bytes([UInt8](repeating: 0xEE, count: 16))
        manifest.hashes = Bytes([UInt8](0..<48))
        manifest.signature = Bytes([UInt8](repeating: 0x5A, count: 64))
        let bytes =
            "01"  // version
            + "05"  // flags: key frame, end
            + "00000002"  // epoch
            + "0a0b0c0d"  // block
            + "02" + "01"  // k, r
            + "0468" + "00bc"  // symbol size 1,128, last size 188
            + "000000003b9aca00"  // media time, nanoseconds
            + "1122334455667788"  // sent at, nanoseconds
            + String(repeating: "ee", count: 16)  // hash of the manifest before
            + Hex.string([UInt8](0..<48))  // the chunks' hashes
            + String(repeating: "5a", count: 64)  // signature
        #expect(Hex.string(manifest.emitted) == bytes)
        #expect(try Manifest.parse(Bytes(manifest.emitted)) == manifest)
        try check(.manifest(Bytes(manifest.emitted)), "80" + bytes)
    }

    private func check(_ message: Message, _ hex: String) throws {
        #expect(Hex.string(message.emitted) == hex)
        let bytes = try #require(Hex.bytes(hex))
        #expect(try readAll(bytes).messages == [message])
    }
}
