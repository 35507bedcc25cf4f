import Basics
import CFFmpeg
import Testing

@testable import MediaIO

@Suite("Timeline")
struct TimelineTests {
    private static let milliseconds = AVRational(num: 1, den: 1_000)

    private func unit(_ dts: Int64?, pts: Int64? = nil, duration: Int64 = 0) throws -> AccessUnit {
        let unit = try #require(AccessUnit())
        unit.packet.pointee.dts = dts ?? candela_av_no_time
        unit.packet.pointee.pts = pts ?? dts ?? candela_av_no_time
        unit.packet.pointee.duration = duration
        return unit
    }

    /// Places units of one stream and returns their decoding times, in milliseconds from the first.
    private func place(_ units: [AccessUnit], _ timeline: inout Timeline) -> [Int64] {
        units.map { unit in
            _ = timeline.place(unit, index: 0, timeBase: TimelineTests.milliseconds)
            return (unit.decodingTime - Timeline.origin) / 90
        }
    }

    @Test("starts at its origin and keeps distances and presentation delays")
    func keepsDistances() throws {
        var timeline = Timeline([Timeline.Stream()])
        let units = [try unit(500, pts: 580), try unit(540, pts: 540), try unit(580, pts: 620)]
        #expect(place(units, &timeline) == [0, 40, 80])
        #expect(units.map { $0.packet.pointee.pts - $0.decodingTime } == [7_200, 0, 3_600])
    }

    @Test("fills in missing times and never goes back")
    func repairs() throws {
        var timeline = Timeline([Timeline.Stream()])
        let units = [try unit(0, duration: 40), try unit(nil), try unit(nil), try unit(70)]
        let times = place(units, &timeline)
        #expect(times[..<3] == [0, 40, 80])
        #expect(units[3].decodingTime == units[2].decodingTime + 1)
    }

    @Test("guesses the first decoding times of a stream with B-frames from its delay")
    func guessesDelayed() throws {
        var timeline = Timeline([Timeline.Stream(duration: 3_600, delay: 7_200)])
        let shown: [Int64] = [100, 260, 180]
        let units = [
            try unit(nil, pts: 100, duration: 40), try unit(nil, pts: 260, duration: 40),
            try unit(100, pts: 180, duration: 40),
        ]
        #expect(place(units, &timeline) == [0, 40, 80])
        let presented = units.map { ($0.packet.pointee.pts - Timeline.origin) / 90 }
        #expect(presented == shown.map { $0 - 20 })
    }

    @Test("closes a jump of the file's clock in both directions")
    func closesJumps() throws {
        var timeline = Timeline([Timeline.Stream()])
        let ahead = try unit(3_600_000, duration: 40)
        let behind = try unit(40, duration: 40)
        #expect(
            place([try unit(0, duration: 40), try unit(40, duration: 40)], &timeline) == [0, 40]
        )
        let first = timeline.place(ahead, index: 0, timeBase: TimelineTests.milliseconds)
        let second = timeline.place(behind, index: 0, timeBase: TimelineTests.milliseconds)
        #expect(first == .afterJump && second == .afterJump)
        #expect(ahead.decodingTime - Timeline.origin == 80 * 90)
        #expect(behind.decodingTime - Timeline.origin == 120 * 90)
    }

    @Test("lets the next pass follow where the longest stream ended")
    func passes() throws {
        var timeline = Timeline([Timeline.Stream(), Timeline.Stream()])
        let sound = try unit(0, duration: 100)
        _ = place([try unit(0, duration: 40), try unit(40, duration: 40)], &timeline)
        _ = timeline.place(sound, index: 1, timeBase: TimelineTests.milliseconds)
        let first = timeline.finishPass()
        #expect(place([try unit(0, duration: 40)], &timeline) == [100])
        let second = timeline.finishPass()
        let third = timeline.finishPass()
        #expect([first, second, third] == [true, true, false])
    }

    @Test("takes any timestamps without trapping")
    func extremes() throws {
        var random = SeededRandom(seed: 3)
        var timeline = Timeline([Timeline.Stream()])
        var last = Int64.min
        for _ in 0..<2_000 {
            let values = (0..<3).map { _ in
                Int64.random(in: .min ... .max, using: &random)
                    >> Int64.random(in: 0...63, using: &random)
            }
            let unit = try unit(values[0], pts: values[1], duration: values[2])
            _ = timeline.place(unit, index: 0, timeBase: AVRational(num: 1, den: 90_000))
            #expect(unit.decodingTime > last)
            #expect(unit.packet.pointee.pts >= unit.decodingTime)
            last = unit.decodingTime
        }
    }
}

@Suite("Interleaver")
struct InterleaverTests {
    private func unit(_ time: Int64) throws -> AccessUnit {
        let unit = try #require(AccessUnit())
        unit.packet.pointee.dts = time
        return unit
    }

    /// The times of all units that are certain by now.
    private func times(_ interleaver: inout Interleaver) -> [Int64] {
        var times: [Int64] = []
        while let (unit, _) = interleaver.next() { times.append(unit.decodingTime) }
        return times
    }

    @Test("orders streams by time once every stream has a unit")
    func orders() throws {
        var interleaver = Interleaver(streamCount: 2)
        for time in [0, 40, 80] as [Int64] { interleaver.insert(try unit(time), index: 0) }
        #expect(times(&interleaver).isEmpty)
        for time in [10, 50] as [Int64] { interleaver.insert(try unit(time), index: 1) }
        #expect(times(&interleaver) == [0, 10, 40, 50])
        let last = interleaver.drain()
        let none = interleaver.drain()
        #expect(last?.index == 0 && last?.unit.decodingTime == 80)
        #expect(none == nil)
    }

    @Test("does not wait more than three seconds for a stream that is silent")
    func bounded() throws {
        var interleaver = Interleaver(streamCount: 2)
        interleaver.insert(try unit(0), index: 0)
        interleaver.insert(try unit(269_999), index: 0)
        #expect(times(&interleaver).isEmpty)
        interleaver.insert(try unit(270_000), index: 0)
        #expect(times(&interleaver) == [0])
    }

    @Test("does not keep more than its bound of units")
    func boundedCount() throws {
        var interleaver = Interleaver(streamCount: 2)
        for _ in 0..<4_096 { interleaver.insert(try unit(1), index: 0) }
        #expect(times(&interleaver).count == 1)
    }
}
