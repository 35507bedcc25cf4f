import Basics
import Testing
import Wire

@Suite("Bounds and values of messages")
struct MessageBoundsTests {
    @Test("counts above their bound are refused, however much follows")
    func counts() {
        let enough = [UInt8](repeating: 0, count: 1_000)
        let cases: [(Message.Tag, head: [UInt8], most: Int)] = [
            (.have, zeros(8), BufferMap.blocksMax),
            (.request, [], ChunkRequest.blocksMax),
            (.lack, [], ChunkRequest.blocksMax),
            (.requestManifests, zeros(8), ManifestRequest.blocksMax),
            (.ancestors, [], Ancestors.stripesMax),
            (.ancestors, [1, 0], Ancestors.ancestorsMax),
            (.plan, zeros(4), PlanUpdate.stripesMax),
            (.plan, zeros(4) + [1, 0], 1 + PlanUpdate.backupsMax),
            (.join, zeros(21), Join.nameMax),
            (.join, zeros(21) + [0] + zeros(4), Contact.candidatesMax),
            (.introduce, zeros(26) + zeros(32), Contact.candidatesMax),
            (.report, zeros(reportHead), Report.parentsMax),
            (.report, zeros(reportHead + 1), Report.suspectsMax),
        ]
        for (tag, head, most) in cases {
            for count in [most + 1, 255] where count <= 255 {
                #expect(throws: WireError.tooLong, "\(tag) \(head.count)") {
                    try readAll(framed(tag, head + [UInt8(count)] + enough))
                }
            }
            #expect(throws: Never.self, "\(tag) \(head.count)") {
                try readAll(framed(tag, head + [UInt8(most)] + enough))
            }
        }
    }

    @Test("values outside the grammar are refused")
    func values() {
        let enough = [UInt8](repeating: 0, count: 400)
        let record = zeros(32) + [0] + zeros(32) + zeros(4) + zeros(8)
        let cases: [(Message.Tag, [UInt8])] = [
            (.join, zeros(20) + [3] + enough),
            (.retry, [3] + enough),
            (.goodbye, [4] + enough),
            (.subscribe, zeros(16) + [2] + enough),
            (.introduce, zeros(24) + [2, 0] + enough),
            (.introduce, zeros(24) + [0, 3] + enough),
            (.requestManifests, zeros(8) + [0]),
            (.join, zeros(21) + [0] + zeros(4) + [0, 0] + [27] + enough),
            (.join, zeros(21) + [0] + zeros(4) + [0, 0] + [254] + enough),
            (.introduce, zeros(26) + zeros(32) + [0, 0] + [255] + [99] + enough),
            (.welcome, zeros(18 + 1 + 2 + 8) + [1] + record + [7] + enough),
            (.welcome, zeros(18 + 1 + 2 + 8) + [1] + record + [0] + enough),
        ]
        for (tag, body) in cases {
            #expect(throws: WireError.badValue, "\(tag)") { try readAll(framed(tag, body)) }
        }
    }

    @Test("a chunk has an index below 64 and at most 1,128 bytes")
    func chunkBounds() throws {
        func chunk(_ index: UInt8, _ size: Int) -> [UInt8] {
            [0x81, 0, 0, 0, 1, index, 0] + zeros(size)
        }
        #expect(try readAll(chunk(63, 1_128)).messages.count == 1)
        #expect(throws: WireError.badValue) { try readAll(chunk(64, 10)) }
        #expect(throws: WireError.badValue) { try readAll(chunk(255, 10)) }
        #expect(throws: WireError.tooLong) { try readAll(chunk(0, 1_129)) }
    }

    @Test("lists that are too long for a message are cut when sent")
    func cutLists() throws {
        let peers = (1...40).map { PeerID(UInt64($0)) }
        let lines = (0..<40).map { Ancestors.Line(stripe: UInt8($0), peers: peers) }
        let read = try readAll(Message.ancestors(Ancestors(lines: lines)).emitted).messages
        guard case .ancestors(let ancestors) = read.first else {
            Issue.record("no ancestors")
            return
        }
        #expect(ancestors.lines.count == Ancestors.stripesMax)
        #expect(ancestors.lines.first?.peers == Array(peers.prefix(Ancestors.ancestorsMax)))
        let map = BufferMap(oldest: 0, base: 0, masks: [UInt64](repeating: 1, count: 99))
        let expected = BufferMap(oldest: 0, base: 0, masks: [UInt64](repeating: 1, count: 32))
        #expect(try readAll(Message.have(map).emitted).messages == [.have(expected)])
    }

    @Test("ancestors of 8 stripes fit a datagram at full depth, those of 16 have to be split")
    func largestAncestors() {
        func size(_ stripes: UInt8) -> Int {
            let peers = [PeerID](repeating: PeerID(1), count: Ancestors.ancestorsMax)
            let lines = (0..<stripes).map { Ancestors.Line(stripe: $0, peers: peers) }
            return Message.ancestors(Ancestors(lines: lines)).emitted.count
        }
        #expect(size(8) == 788)
        #expect(size(11) <= Envelope.messagesMax)
        #expect(size(16) > Envelope.messagesMax)
    }

    @Test("text is cut at a character's end, and broken UTF-8 is mended")
    func text() throws {
        let channel = try #require(ChannelID(zeros(20)))
        let long = String(repeating: "é", count: 100)
        let join = Join(channel: channel, role: .viewer, name: long, candidates: [])
        guard case .join(let read) = try readAll(Message.join(join).emitted).messages.first else {
            Issue.record("no join")
            return
        }
        #expect(read.name == String(repeating: "é", count: 64))
        let odd = Join(channel: channel, role: .viewer, name: "a" + long, candidates: [])
        guard case .join(let cut) = try readAll(Message.join(odd).emitted).messages.first else {
            Issue.record("no join")
            return
        }
        #expect(cut.name.utf8.count == 127)
        let broken = zeros(21) + [3, 0xFF, 0xC3, 0x41] + zeros(6) + [0xFF]
        guard case .join(let mended) = try readAll(framed(.join, broken)).messages.first else {
            Issue.record("no join")
            return
        }
        #expect(mended.name == "\u{FFFD}\u{FFFD}A")
    }

    /// Bytes of a report before its lists.
    private let reportHead = 3 * 2 + 2 * 4 + 6 * 8 + 2 * 4 + 4 * 8 + 3 * 4 + 4 + 2 + 4

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
