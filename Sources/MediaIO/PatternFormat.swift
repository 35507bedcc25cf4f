import Basics

/// Size and speed of the built-in test picture.
struct PatternFormat: Hashable, Sendable {
    /// Width in pixels, even, 64 to 3840.
    let width: Int
    /// Height in pixels, even, 64 to 2160.
    let height: Int
    /// Pictures per second, 1 to 120.
    let framesPerSecond: Int
    /// The whole stream's rate; video is filled up to it, so it is nearly constant.
    let rate: BitRate

    /// What the tone takes, as encoded.
    static let rateAudio = BitRate.kilobits(96)
    /// Room for the tone, the tables and a picture of any size.
    private static let rateMin = BitRate.kilobits(250)
    private static let rateMax = BitRate.megabits(100)
    /// About 1 Mbit/s at the default 640x360@25: what web video spends at that size.
    private static let bitsPerPixel = 0.174

    /// Parses `640x360@25,1M`; every part may be left out, the rate then follows from the size.
    init(parsing text: String) throws(IngestError) {
        var size: Substring = "640x360"
        var speed: Substring = "25"
        var given: Substring?
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            let isPicture = pieces.count == 2 || part.contains("x")
            if isPicture, let first = pieces.first {
                if !first.isEmpty { size = first }
                if pieces.count == 2 { speed = pieces[1] }
            } else if !part.isEmpty {
                given = part
            }
        }
        try self.init(size: size, speed: speed, rate: given, of: text)
    }

    /// The nearest format to pictures of a size and a speed, at the usual rate.
    init(width: Int, height: Int, framesPerSecond: Int) {
        self.width = min(3_840, max(64, width)) & ~1
        self.height = min(2_160, max(64, height)) & ~1
        self.framesPerSecond = min(120, max(1, framesPerSecond))
        rate = PatternFormat.usualRate(self.width * self.height * self.framesPerSecond)
    }

    /// What pictures of so many pixels a second usually take.
    private static func usualRate(_ pixelsPerSecond: Int) -> BitRate {
        let usual = BitRate(bitsPerSecond: Int64(Double(pixelsPerSecond) * bitsPerPixel))
        return min(rateMax, max(rateMin, usual))
    }

    private init(
        size: Substring,
        speed: Substring,
        rate given: Substring?,
        of text: String
    ) throws(IngestError) {
        let wanted = "write pattern:WIDTHxHEIGHT@FPS,RATE, such as pattern:640x360@25,1M"
        let sides = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1],
            (64...3840).contains(width), (64...2160).contains(height),
            width.isMultiple(of: 2), height.isMultiple(of: 2)
        else {
            throw IngestError(
                .badSource,
                "pattern:\(text): the size must be even, from 64x64 to 3840x2160; \(wanted)"
            )
        }
        guard let framesPerSecond = Int(speed), (1...120).contains(framesPerSecond) else {
            throw IngestError(
                .badSource,
                "pattern:\(text): the speed must be 1 to 120 per second; \(wanted)"
            )
        }
        let fallback = PatternFormat.usualRate(width * height * framesPerSecond)
        guard let rate = given.map({ BitRate(parsing: String($0)) }) ?? fallback,
            rate >= PatternFormat.rateMin, rate <= PatternFormat.rateMax
        else {
            throw IngestError(
                .badSource,
                "pattern:\(text): the rate must be 250k to 100M; \(wanted)"
            )
        }
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        self.rate = rate
    }

    /// What is left for the picture: less the tone, and less 6 % and 40 kbit/s that MPEG-TS adds
    /// (4 of 188 bytes, PES headers and padding; tables ten times a second).
    var rateVideo: BitRate {
        let carried = Double(rate.bitsPerSecond - 40_000) * 0.94
        return BitRate(bitsPerSecond: Int64(carried) - PatternFormat.rateAudio.bitsPerSecond)
    }
}
