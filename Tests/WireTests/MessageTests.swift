import Basics
import Testing
import Wire

@Suite("Message")
struct MessageTests {
    @Test("comes back as it was", arguments: Message.Tag.allCases)
    func roundTrip(_ tag: Message.Tag) throws {
        var random = RandomMessages(seed: UInt64(tag.rawValue))
        for _ in 0..<200 {
            let message = random.message(tag)
            let bytes = message.emitted
            #expect(bytes.first == tag.rawValue)
            #expect(bytes.count <= Envelope.messagesMax)
            let read = try readAll(bytes)
            #expect(read.messages == [message])
            #expect(read.unknown == 0)
        }
    }

    @Test("many share a datagram; a chunk or a manifest is the last one")
    func several() throws {
        var random = RandomMessages(seed: 1)
        let short: [Message.Tag] = [.probe, .feedback, .subscribe, .goodbye, .have]
        for last in [Message.Tag.chunk, .manifest, .summary] {
            let messages = (short + [last]).map { random.message($0) }
            let read = try readAll(messages.flatMap(\.emitted))
            #expect(read.messages == messages)
        }
    }

    @Test("cut anywhere, it is refused", arguments: Message.Tag.allCases)
    func truncatedDatagram(_ tag: Message.Tag) throws {
        var random = RandomMessages(seed: 2)
        guard tag.rawValue < 0x80 else { return }
        let bytes = random.message(tag).emitted
        #expect(try readAll([]).messages.isEmpty)
        for count in 1..<bytes.count {
            #expect(throws: WireError.truncated) { try readAll(Array(bytes.prefix(count))) }
        }
    }

    @Test("with a body cut anywhere, it is refused", arguments: Message.Tag.allCases)
    func truncatedBody(_ tag: Message.Tag) throws {
        guard tag.rawValue < 0x80 else { return }
        var random = RandomMessages(seed: 3)
        for _ in 0..<20 {
            let body = random.message(tag).emitted.dropFirst(3)
            for count in 0..<body.count {
                #expect(throws: WireError.self) { try readAll(framed(tag, body.prefix(count))) }
            }
        }
    }

    @Test("bytes after a known body are left for later versions", arguments: Message.Tag.allCases)
    func longerBody(_ tag: Message.Tag) throws {
        guard tag.rawValue < 0x80 else { return }
        var random = RandomMessages(seed: 4)
        let (message, next) = (random.message(tag), random.message(.probe))
        let longer = framed(tag, message.emitted.dropFirst(3) + [1, 2, 3])
        #expect(try readAll(longer + next.emitted).messages == [message, next])
    }

    @Test("a chunk cut in its header is refused; cut later it is a shorter one")
    func truncatedChunk() throws {
        let id = ChunkID(block: 1, index: 2)
        let chunk = ChunkMessage(id: id, hops: 3, payload: Bytes([9, 9, 9]))
        let bytes = Message.chunk(chunk).emitted
        for count in 1..<7 {
            #expect(throws: WireError.truncated) { try readAll(Array(bytes.prefix(count))) }
        }
        let shorter = try readAll(Array(bytes.prefix(8))).messages
        #expect(
            shorter == [.chunk(ChunkMessage(id: id, hops: 3, payload: Bytes([9])))]
        )
    }

    @Test("random bytes never trap, and some of them mean something")
    func randomBytes() {
        var random = SeededRandom(seed: 99)
        var counts = (read: 0, refused: 0, unknown: 0)
        let tags = Message.Tag.allCases
        for round in 0..<100_000 {
            var bytes = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round.isMultiple(of: 2), bytes.count > 3 {
                bytes[0] = tags[random.below(tags.count)].rawValue
                bytes[1] = 0
                bytes[2] = UInt8(bytes.count - 3)
            }
            do throws(WireError) {
                let read = try readAll(bytes)
                counts.read += read.messages.count
                counts.unknown += read.unknown
            } catch {
                counts.refused += 1
            }
        }
        #expect(counts.read > 1_000)
        #expect(counts.refused > 1_000)
        #expect(counts.unknown > 1_000)
    }

    @Test("valid messages with bytes altered never trap", arguments: Message.Tag.allCases)
    func alteredBytes(_ tag: Message.Tag) {
        var messages = RandomMessages(seed: 5)
        var random = SeededRandom(seed: 6)
        for _ in 0..<300 {
            var bytes = messages.message(tag).emitted
            for _ in 0...random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if let read = try? readAll(bytes) {
                // Whatever was understood can be sent on and is understood again.
                for message in read.messages { #expect(throws: Never.self) { try again(message) } }
            }
        }
    }

    @Test("unknown types are skipped and counted")
    func unknownTypes() throws {
        let known = Set(Message.Tag.allCases.map(\.rawValue))
        let probe = Message.probe(Probe(sentAt: .origin))
        var tried = 0
        for type in UInt8.min...UInt8.max where !known.contains(type) {
            let unknown: [UInt8] = type < 0x80 ? [type, 0, 2, 7, 7] : [type, 1, 2, 3]
            let read = try readAll(probe.emitted + unknown + (type < 0x80 ? probe.emitted : []))
            #expect(read.messages == (type < 0x80 ? [probe, probe] : [probe]))
            #expect(read.unknown == 1)
            tried += 1
        }
        #expect(tried == 256 - Message.Tag.allCases.count)
    }

    @Test("a length that claims more than there is is refused", arguments: Message.Tag.allCases)
    func claimedLength(_ tag: Message.Tag) {
        guard tag.rawValue < 0x80 else { return }
        for length in [[0, 1], [0, 255], [0xFF, 0xFF]] as [[UInt8]] {
            #expect(throws: WireError.truncated) { try readAll([tag.rawValue] + length) }
        }
        #expect(throws: WireError.truncated) { try readAll([0x7F, 0xFF, 0xFF, 0]) }
    }

    private func again(_ message: Message) throws {
        #expect(try readAll(message.emitted).messages.count == 1)
    }
}

/// A message of a type below 0x80 around any body.
func framed(_ tag: Message.Tag, _ body: some Collection<UInt8>) -> [UInt8] {
    [tag.rawValue, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
}
