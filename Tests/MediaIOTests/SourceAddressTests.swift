import Basics
import Testing

@testable import MediaIO

@Suite("SourceAddress")
struct SourceAddressTests {
    @Test("tells files, standard input and sockets apart")
    func kinds() throws {
        #expect(try SourceAddress(parsing: "-") == .standardInput)
        #expect(try SourceAddress(parsing: "a b/c.mp4") == .file(path: "a b/c.mp4"))
        #expect(try SourceAddress(parsing: "file:///a.ts") == .file(path: "/a.ts"))
        #expect(
            try SourceAddress(parsing: "udp://1.2.3.4:5000")
                == .datagrams(host: "1.2.3.4", port: 5_000)
        )
        #expect(
            try SourceAddress(parsing: "udp://@239.1.2.3:9")
                == .datagrams(host: "239.1.2.3", port: 9)
        )
        #expect(try SourceAddress(parsing: "udp://[::1]:9") == .datagrams(host: "::1", port: 9))
        #expect(try SourceAddress(parsing: "udp://:9") == .datagrams(host: "0.0.0.0", port: 9))
    }

    @Test("reads the test pattern's size, speed and rate, each optional")
    func patterns() throws {
        func format(_ text: String) throws -> PatternFormat {
            guard case .pattern(let format) = try SourceAddress(parsing: text) else {
                throw IngestError(.badSource, "\(text) is no pattern")
            }
            return format
        }
        let usual = try format("pattern:")
        #expect((usual.width, usual.height, usual.framesPerSecond) == (640, 360, 25))
        #expect(abs(Double(usual.rate.bitsPerSecond) / 1e6 - 1) < 0.01)
        #expect(try format("pattern") == usual)
        let large = try format("pattern:1280x720@30,2M")
        #expect((large.width, large.height, large.framesPerSecond) == (1_280, 720, 30))
        #expect(large.rate == .megabits(2))
        #expect(try format("pattern:@50").framesPerSecond == 50)
        #expect(try format("pattern:800k").rate == .kilobits(800))
        #expect(try format("pattern:1280x720").rate > .megabits(3))
    }
}

@Suite("PatternPicture")
struct PatternPictureTests {
    @Test("writes the time of day")
    func clock() {
        #expect(PatternPicture.clock(.zero) == "00:00:00.000")
        #expect(PatternPicture.clock(.milliseconds(86_399_999)) == "23:59:59.999")
        #expect(PatternPicture.clock(.seconds(86_400)) == "00:00:00.000")
    }

    @Test(
        "draws every frame differently, within any size",
        arguments: ["64x64", "640x360", "64x2160"]
    )
    func frames(_ size: String) throws {
        let format = try PatternFormat(parsing: "\(size)@25")
        var picture = PatternPicture(format)
        var seen: Set<[UInt8]> = []
        for frame in 0..<30 {
            picture.draw(frame: frame, timeOfDay: .milliseconds(frame * 40))
            seen.insert(picture.planeLuma)
        }
        #expect(seen.count == 30)
        #expect(picture.planeLuma.count == format.width * format.height)
        #expect(picture.planeBlue.count == format.width * format.height / 4)
        #expect(picture.planeRed.count == format.width * format.height / 4)
    }
}
