import Glibc
import Telemetry
import Testing

@testable import Dashboard

@Suite struct RecordingTests {
    private func recorded(_ seconds: Int) -> [UInt8] {
        var play = SwarmPlay(viewers: 4)
        var bytes = Recording.headLine(channel: "c0ffee", name: "Sunday")
        for _ in 0..<seconds {
            bytes += Recording.line(play.snapshot, at: play.time)
            play.step()
        }
        return bytes
    }

    @Test("gives back what was recorded, numbers that JSON cannot express included")
    func roundTrip() throws {
        var odd = SwarmPlay(viewers: 2).snapshot
        odd.peers[1].rttMs = .infinity
        odd.overhead = -.infinity
        odd.name = "a\nb\"\u{1B}"
        var bytes = recorded(5)
        bytes += Recording.line(odd, at: SwarmPlay.start + 100)
        let recording = try Recording(bytes)
        #expect(recording.channel == "c0ffee" && recording.name == "Sunday")
        #expect(!recording.isCutShort)
        #expect(recording.history.count == 6)
        #expect(recording.history.newest?.snapshot == odd)
        #expect(recording.history.oldest?.snapshot == SwarmPlay(viewers: 4).snapshot)
    }

    @Test("leaves out a last line that was cut short, at every length of it")
    func cutShort() throws {
        let whole = recorded(2)
        let line = Recording.line(SwarmPlay(viewers: 1).snapshot, at: SwarmPlay.start + 9)
        for count in stride(from: 1, to: line.count, by: 97) {
            let recording = try Recording(whole + line[..<count])
            #expect(recording.isCutShort && recording.history.count == 2)
        }
    }

    @Test(
        "says what is wrong and in which line",
        arguments: [
            ("", 1, "no complete line"),
            ("\n", 1, "not a recording: the line is empty"),
            ("hello\n", 1, "not a recording: not JSON"),
            ("{}\n", 1, "not a recording: channel is missing"),
            (#"{"candela_recording":"1","channel":"","name":""}"# + "\n", 1, "is not a number"),
            (
                #"{"candela_recording":2,"channel":"","name":""}"# + "\n", 1,
                "version 2 is not known"
            ),
            (#"{"candela_recording":1,"channel":"","name":""}"# + "\n", 2, "no snapshot follows"),
            (#"{"candela_recording":1,"channel":"","name":""}"# + "\n\n", 2, "the line is empty"),
            (
                #"{"candela_recording":1,"channel":"","name":""}"# + "\n{\"t\":1}\n", 2,
                "snapshot is missing"
            ),
            (
                #"{"candela_recording":1,"channel":"","name":""}"# + "\n"
                    + #"{"t":1,"snapshot":{"viewers":true}}"# + "\n", 2, "is missing"
            ),
        ]
    )
    func errors(_ text: String, _ line: Int, _ reason: String) {
        let error = #expect(throws: RecordingError.self) { try Recording(Array(text.utf8)) }
        #expect(error?.line == line)
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("names the place of a wrong value, and refuses a clock that goes back")
    func places() throws {
        var play = SwarmPlay(viewers: 2)
        let head = Recording.headLine(channel: "", name: "")
        let first = String(decoding: Recording.line(play.snapshot, at: play.time), as: UTF8.self)
        let wrong = first.replacing(#""children":2"#, with: #""children":"two""#)
        let bad = first.replacing(#""children":1"#, with: #""children":"one""#)
        let lines = head + Array((wrong == first ? bad : wrong).utf8)
        let error = #expect(throws: RecordingError.self) { try Recording(lines) }
        #expect(
            error?.description.hasPrefix("line 2: snapshot.peers[") == true,
            "\(error?.description ?? "")"
        )
        #expect(error?.reason.contains("children is not a number") == true)
        play.step()
        let back =
            head + Recording.line(play.snapshot, at: 20) + Recording.line(play.snapshot, at: 10)
        let order = #expect(throws: RecordingError.self) { try Recording(back) }
        #expect(order?.line == 3 && order?.reason.contains("time goes back") == true)
    }

    @Test("reads no noise for a recording and traps on none")
    func noise() {
        let whole = recorded(2)
        for start in stride(from: 0, to: whole.count, by: 61) {
            var bytes = whole
            bytes[start] ^= 0x15
            _ = try? Recording(bytes)
        }
        #expect(throws: RecordingError.self) { try Recording([UInt8](repeating: 0xFF, count: 999)) }
    }

    @Test("writes a line a second to a new file, and never over an old one")
    func file() throws {
        let path = "/tmp/dashboard-\(getpid())-\(UInt64.random(in: 0 ... .max)).jsonl"
        defer { unlink(path) }
        let file = try RecordingFile(path: path)
        var play = SwarmPlay(viewers: 3)
        for _ in 0..<10 {
            file.append(play.snapshot, at: play.time)
            file.append(play.snapshot, at: play.time + 0.5)
            play.step()
        }
        #expect(file.failure == nil)
        let recording = try Recording(path: path)
        #expect(recording.history.count == 10)
        let again = #expect(throws: RecordingError.self) { try RecordingFile(path: path) }
        #expect(again?.reason.contains("File exists") == true)
        #expect(throws: RecordingError.self) { try Recording(path: path + ".none") }
    }

    @Test("says when the disk is full")
    func full() throws {
        let file = try? RecordingFile(path: "/dev/full")
        #expect(file == nil)
        #expect(throws: RecordingError.self) { try RecordingFile(path: "/nowhere/at/all") }
    }

    @Test("plays in its own time, pauses, steps and stops at its end; always the same screens")
    func replay() throws {
        let recording = try Recording(recorded(90))
        func screens() -> [String] {
            var model = DashboardModel(replay: recording)
            var shown: [String] = []
            func see() { shown.append(model.draw(width: 90, height: 24).text) }
            see()
            for _ in 0..<10 { model.play(by: 1) }
            see()
            _ = model.handle(" ")
            for _ in 0..<10 { model.play(by: 1) }
            see()
            _ = model.handle("[")
            see()
            _ = model.handle(" ")
            _ = model.handle("}")
            see()
            for _ in 0..<200 { model.play(by: 1) }
            see()
            return shown
        }
        let first = screens()
        #expect(first[0].contains("REPLAY 0:00/1:29"))
        #expect(first[1].contains("REPLAY 0:10/1:29") && !first[1].contains("FROZEN"))
        #expect(first[2].contains("REPLAY 0:10/1:29") && first[2].contains("FROZEN"))
        #expect(first[3].contains("REPLAY 0:09/1:29"))
        #expect(first[4].contains("REPLAY 0:39/1:29"))
        #expect(first[5].contains("REPLAY 1:29/1:29"))
        #expect(screens() == first)
    }
}
