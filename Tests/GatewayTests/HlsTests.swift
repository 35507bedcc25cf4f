import Basics
import HTTPTypes
import NIOCore
import Testing

@testable import Gateway

/// A stream of fragments as the remuxer cuts them: at each key frame, else from 90 ms on.
private struct Programme {
    let framesPerSecond: Double
    let groupFrames: Int
    private var frame = 0

    init(_ framesPerSecond: Double, group: Int) {
        self.framesPerSecond = framesPerSecond
        groupFrames = group
    }

    private func time(_ frame: Int) -> TimeSpan {
        // Times come in ticks of 90 kHz.
        let ticks = Int64((Double(frame) * 90_000 / framesPerSecond).rounded())
        return TimeSpan(nanoseconds: ticks * 100_000 / 9)
    }

    mutating func next() -> MovieOutput {
        let start = frame
        repeat {
            frame += 1
        } while !frame.isMultiple(of: groupFrames)
            && time(frame) - time(start) < .milliseconds(90)
        return .part(
            MoviePart(
                bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: start), count: 100),
                start: time(start),
                duration: time(frame) - time(start),
                startsKeyFrame: start.isMultiple(of: groupFrames)
            )
        )
    }
}

private let head = MovieHead(
    bytes: [1, 2, 3],
    codecs: "avc1.64001F,mp4a.40.2",
    width: 2,
    height: 2
)

@Suite("HLS")
struct HlsTests {
    /// Pictures per second, and pictures from key frame to key frame.
    private static let rhythms: [(Double, Int)] = [
        (25, 25), (25, 50), (25, 12), (30, 60), (30, 30), (24, 48), (24_000.0 / 1_001, 48),
        (30_000.0 / 1_001, 60), (50, 100), (60, 120), (15, 30), (10, 20), (25, 250), (30, 15),
        (48, 96), (20, 40),
    ]

    @Test(
        "keeps every rule of low-latency playlists, reload after reload",
        arguments: rhythms
    )
    func rules(framesPerSecond: Double, group: Int) throws {
        var state = MovieState()
        var programme = Programme(framesPerSecond, group: group)
        state.take(.head(head), at: 1_000)
        // The past that is there at the first request.
        for _ in 0..<70 { state.take(programme.next(), at: 1_000) }
        var last: HlsRules?
        for step in 0..<250 {
            state.take(programme.next(), at: 1_000 + Double(step) * 0.1)
            let rules = try playlist(of: &state)
            #expect(rules.violations == [])
            if let last { #expect(rules.violations(after: last) == []) }
            last = rules
            // Everything that the playlist names can be had.
            for segment in rules.segments {
                for uri in [segment.map, segment.uri].compactMap({ $0 }) + segment.parts.map(\.uri)
                {
                    #expect(isFound(uri, state), "\(uri)")
                }
            }
        }
        let rules = try #require(last)
        // No player has to stay farther behind than the least that the standard allows.
        #expect(rules.partTarget <= 0.45)
        #expect(rules.target <= 8)
        #expect(rules.segments.reduce(0) { $0 + $1.duration } >= 3 * Double(rules.target))
    }

    /// The playlist as it is now, read.
    private func playlist(of state: inout MovieState) throws -> HlsRules {
        let text = state.playlist()
        return HlsRules(try #require(text))
    }

    private func isFound(_ uri: String, _ state: MovieState) -> Bool {
        guard uri.hasPrefix("hls/"), let resource = HlsRoutes.Resource(uri.dropFirst(4)),
            case .whole(.ok, _, let body)? = state.reply(to: resource)
        else { return false }
        return body.readableBytes > 0
    }

    @Test("marks a new movie as a discontinuity with its own header, and counts those that went")
    func discontinuities() throws {
        var state = MovieState()
        var last: HlsRules?
        for _ in 0..<6 {
            state.take(.head(head), at: 1_000)
            var programme = Programme(25, group: 50)
            for _ in 0..<67 {
                state.take(programme.next(), at: 1_000)
                guard let text = state.playlist() else { continue }
                let rules = HlsRules(text)
                #expect(rules.violations == [])
                if let last { #expect(rules.violations(after: last) == []) }
                last = rules
            }
        }
        #expect(try #require(last).discontinuitySequence > 0)
        #expect(Set(try #require(last).segments.map(\.map)).count > 1)
    }

    @Test("forgets an old run: numbers go on, nothing is named twice")
    func runs() throws {
        var state = MovieState()
        var programme = Programme(25, group: 50)
        state.take(.head(head), at: 1)
        for _ in 0..<100 { state.take(programme.next(), at: 1) }
        let before = try playlist(of: &state)
        state.reset()
        let nothing = state.playlist()
        #expect(nothing == nil)
        state.take(.head(head), at: 1)
        programme = Programme(25, group: 50)
        for _ in 0..<100 { state.take(programme.next(), at: 1) }
        let after = try playlist(of: &state)
        #expect(after.violations == [])
        #expect(after.sequence > (before.segments.last?.number ?? 0))
        #expect(Set(after.segments.map(\.map)).isDisjoint(with: before.segments.map(\.map)))
    }

    @Test("holds a bounded past, whatever comes")
    func bounds() throws {
        var state = MovieState()
        state.take(.head(head), at: 1)
        for number in 0..<3_000 {
            let part = MoviePart(
                bytes: [UInt8](repeating: 0, count: 100_000),
                start: .milliseconds(100 * number),
                duration: .milliseconds(100),
                startsKeyFrame: number == 0
            )
            state.take(.part(part), at: 1)
        }
        #expect(state.entries.count <= 620)
        let held = state.entries.reduce(0) { $0 + $1.buffer.readableBytes }
        #expect(held <= 64 << 20)
        #expect(state.index.segments.count <= 65)
        let read = try playlist(of: &state)
        #expect(read.violations == [])
        for _ in 0..<100 { state.take(.head(head), at: 1) }
        #expect(state.heads.count <= 16)
    }

    @Test("ends the playlist with the stream")
    func end() throws {
        var state = MovieState()
        var programme = Programme(25, group: 50)
        state.take(.head(head), at: 1)
        for _ in 0..<100 { state.take(programme.next(), at: 1) }
        state.finish()
        let rules = try playlist(of: &state)
        #expect(rules.violations == [])
        #expect(rules.isEnded)
    }

    @Test("reads names and directives to the letter")
    func names() {
        #expect(HlsRoutes.Resource("0.mp4") == .head(0))
        #expect(HlsRoutes.Resource("17.m4s") == .segment(17))
        #expect(HlsRoutes.Resource("17.2.m4s") == .part(17, 2))
        for name in [
            "", ".mp4", "01.mp4", "-1.m4s", "+1.m4s", "1.2.3.m4s", "1.2.mp4", "1.m4s/",
            "9999999999.m4s", "1..m4s", "a.m4s", "1.M4S", "..", "%31.m4s",
        ] {
            #expect(HlsRoutes.Resource(name[...]) == nil, "\(name)")
        }
        func reload(_ query: String) -> HlsRoutes.Reload? {
            HlsRoutes.Reload(RequestTarget("/live.m3u8?\(query)"))
        }
        #expect(reload("")?.segment == nil)
        #expect(reload("_HLS_msn=5")?.segment == 5)
        #expect(reload("_HLS_msn=5&_HLS_part=2&x=y")?.part == 2)
        for query in [
            "_HLS_part=2", "_HLS_msn=-1", "_HLS_msn=1&_HLS_msn=2", "_HLS_msn=x",
            "_HLS_msn=1&_HLS_part=", "_HLS_msn=99999999999999999999",
        ] {
            #expect(reload(query) == nil, "\(query)")
        }
    }

    @Test("writes dates of all ages as ISO 8601 does")
    func dates() {
        #expect(DateText.utc(0) == "1970-01-01T00:00:00.000Z")
        #expect(DateText.utc(951_782_399.999) == "2000-02-28T23:59:59.999Z")
        #expect(DateText.utc(951_782_400) == "2000-02-29T00:00:00.000Z")
        #expect(DateText.utc(1_767_225_599.5) == "2025-12-31T23:59:59.500Z")
        #expect(DateText.utc(1_772_323_200) == "2026-03-01T00:00:00.000Z")
        #expect(DateText.utc(4_107_542_400.05) == "2100-03-01T00:00:00.050Z")
    }
}
