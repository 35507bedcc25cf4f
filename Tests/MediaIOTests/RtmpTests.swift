import Testing

@testable import MediaIO

@Suite("RTMP")
struct RtmpTests {
    private let handshake = [3] + [UInt8](repeating: 7, count: 1_536 * 2)

    private func command(_ values: [AmfValue]) -> [UInt8] {
        RtmpMessage(type: 20, payload: values.flatMap(\.encoded)).chunked(on: 3, size: 128)
    }

    private func publishing(_ key: String) -> [UInt8] {
        handshake
            + command([.string("connect"), .number(1), .object([("app", .string("live"))])])
            + command([.string("createStream"), .number(2), .null])
            + command([.string("publish"), .number(3), .null, .string(key), .string("live")])
    }

    /// What comes of bytes that arrive in parts.
    private func run(_ bytes: [UInt8], part: Int) -> (
        media: [UInt8], closed: [String], hasPublished: Bool
    ) {
        var session = RtmpSession(path: "live/key")
        var outputs: [RtmpSession.Output] = []
        for start in stride(from: 0, to: bytes.count, by: part) {
            session.receive(bytes[start..<min(bytes.count, start + part)], into: &outputs)
        }
        var result = (media: [UInt8](), closed: [String](), hasPublished: false)
        for output in outputs {
            switch output {
            case .media(let media): result.media += media
            case .close(let reason): result.closed.append(reason ?? "")
            case .publish: result.hasPublished = true
            case .send(let bytes): #expect(!bytes.isEmpty)
            }
        }
        return result
    }

    @Test("AMF values survive their encoding, and no cut or wild byte traps")
    func amf() {
        let value = AmfValue.object([
            ("app", .string("live")), ("n", .number(-2.5)), ("b", .boolean(true)),
            ("o", .object([("x", .null)])),
        ])
        var reader = AmfReader(value.encoded)
        let (first, second) = (reader.next(), reader.next())
        #expect(first == value)
        #expect(second == nil)
        for count in 0..<value.encoded.count {
            var cut = AmfReader(Array(value.encoded.prefix(count)))
            let none = cut.next()
            #expect(none == nil)
        }
        // Objects in objects: deeper than any command.
        var deep = AmfReader((0..<1_000).flatMap { _ in [UInt8](arrayLiteral: 3, 0, 1, 0x61) })
        let bottom = deep.next()
        #expect(bottom == nil)
        // A strict array that claims four thousand million members.
        var claim = AmfReader([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 5])
        let claimed = claim.next()
        #expect(claimed == nil)
    }

    @Test(
        "takes a publisher with the right key however its bytes are cut",
        arguments: [1, 100, 5_000]
    )
    func publishes(_ part: Int) {
        let picture = [UInt8](repeating: 0x17, count: 300)
        let media = RtmpMessage(type: 9, timestamp: 0x1234_5678, stream: 1, payload: picture)
        let result = run(publishing("key") + media.chunked(on: 4, size: 128), part: part)
        #expect(result.hasPublished)
        #expect(result.closed.isEmpty)
        // FLV header, then one tag: type, length, time with its highest byte last, stream.
        let tag: [UInt8] = [9, 0, 1, 44, 0x34, 0x56, 0x78, 0x12, 0, 0, 0]
        #expect(result.media == FlvTag.fileHeader + tag + picture + [0, 0, 1, 55])
    }

    @Test("reads the three short chunk headers")
    func shortHeaders() throws {
        var reader = RtmpChunkReader()
        let bytes: [UInt8] = [
            0x04, 0, 0, 100, 0, 0, 1, 9, 1, 0, 0, 0, 0xA0,  // full: time 100
            0x44, 0, 0, 40, 0, 0, 2, 8, 0xA1, 0xA2,  // delta 40, another length and type
            0x84, 0, 0, 20, 0xA3, 0xA4,  // delta 20
            0xC4, 0xA5, 0xA6,  // the same delta again
        ]
        let messages = try reader.append(bytes[...])
        #expect(messages.map(\.timestamp) == [100, 140, 160, 180])
        #expect(messages.map(\.type) == [9, 8, 8, 8])
        #expect(messages.map(\.payload) == [[0xA0], [0xA1, 0xA2], [0xA3, 0xA4], [0xA5, 0xA6]])
        #expect(messages.allSatisfy { $0.stream == 1 })
    }

    @Test("refuses a wrong key, a player, and what is no RTMP")
    func refuses() {
        #expect(run(publishing("guess"), part: 500).closed == ["it has a wrong stream key"])
        #expect(run(publishing("guess"), part: 500).hasPublished == false)
        #expect(run(publishing(""), part: 500).closed.count == 1)
        let play = handshake + command([.string("play"), .number(1), .null, .string("key")])
        #expect(run(play, part: 500).closed.first?.contains("play") == true)
        #expect(
            run(Array("GET / HTTP/1.1\r\n\r\n".utf8), part: 1).closed == ["it does not speak RTMP"]
        )
    }

    @Test("tells HEVC and AV1 pushers what to do")
    func extendedHeader() {
        let media = RtmpMessage(type: 9, stream: 1, payload: [0x90, 0x68, 0x76, 0x63, 0x31])
        let result = run(publishing("key") + media.chunked(on: 4, size: 128), part: 4_096)
        #expect(result.closed.first?.contains("SRT") == true)
    }

    @Test("bounds what a connection may claim")
    func bounds() {
        func violation(_ bytes: [UInt8]) -> RtmpChunkReader.Violation? {
            var reader = RtmpChunkReader()
            do throws(RtmpChunkReader.Violation) {
                _ = try reader.append(bytes[...])
                return nil
            } catch {
                return error
            }
        }
        #expect(violation([0xC4]) == .orphan)
        #expect(violation([0x04, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0]) == .tooLarge)
        #expect(violation([0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0]) == .badChunkSize)
        let many: [UInt8] = (UInt8(0)..<80).flatMap { number -> [UInt8] in
            [0x00, number, 0, 0, 0, 0, 0, 1, 9, 1, 0, 0, 0, 1]
        }
        #expect(violation(many) == .tooManyStreams)
    }

    @Test("no bytes whatever trap it")
    func wild() {
        var state: UInt64 = 42
        for round in 0..<60 {
            let bytes = (0..<2_000).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            let start = round.isMultiple(of: 2) ? handshake : publishing("key")
            let result = run(start + bytes, part: 333)
            #expect(result.closed.count <= 1)
        }
    }
}
