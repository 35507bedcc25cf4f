import Basics
import CFFmpeg
import Glibc

/// The built-in programme: colour bars with a running clock, and a 440 Hz tone.
final class PatternFeed: Feed, @unchecked Sendable {
    private static let sampleRate = 48_000
    /// A quarter of full scale, about -12 dBFS: audible and not unpleasant.
    private static let loudness: Float = 0.25
    /// 1,200 samples are eleven whole periods of 440 Hz at 48 kHz.
    private static let toneLength = 1_200
    /// Sound is encoded this part of a second ahead of the picture: the encoder holds two frames of
    /// 21 ms back and the muxer gathers as much again, and none may leave after its time.
    private static let soundLead = 12

    private let format: PatternFormat
    private let video: Encoder
    private let audio: Encoder
    private let muxer: TransportMuxer
    private let tone: [Float]
    private var picture: PatternPicture
    private var sampleCount = 0

    /// Opens the encoders for a format.
    init(_ format: PatternFormat) throws(IngestError) {
        self.format = format
        let video = try Encoder.video(format)
        let audio = try Encoder.audio(rate: PatternFormat.rateAudio.bitsPerSecond)
        muxer = try video.withParameters { (first) throws(IngestError) in
            try audio.withParameters { (second) throws(IngestError) in
                try TransportMuxer([first, second])
            }
        }
        self.video = video
        self.audio = audio
        picture = PatternPicture(format)
        tone = (0..<PatternFeed.toneLength).map {
            PatternFeed.loudness * Float(sin(2 * Double.pi * 440 * Double($0) / 48_000))
        }
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        let codec = Codecs.name(of: video.context.pointee.codec_id)
        output.report(
            .started(
                description: "test pattern, \(codec) \(format.width)x\(format.height) "
                    + "\(format.framesPerSecond)/s, AAC 48 kHz stereo, \(Codecs.describe(format.rate))"
            )
        )
        let start = MonotonicClock.timeOfDay
        var pacer = Pacer(output)
        var frame = 0
        while true {
            let media = TimeSpan.seconds(Double(frame) / Double(format.framesPerSecond))
            guard pacer.wait(until: media) == .due else { return }
            output.deliver(try encodePicture(frame, timeOfDay: start + media))
            let lead = format.framesPerSecond / PatternFeed.soundLead
            output.deliver(try encodeSound(until: frame + 1 + lead))
            frame += 1
        }
    }

    private func encodePicture(_ number: Int, timeOfDay: TimeSpan) throws(IngestError) -> [UInt8] {
        picture.draw(frame: number, timeOfDay: timeOfDay)
        guard video.prepareFrame() else { throw PatternFeed.outOfMemory }
        let frame = video.frame
        let (width, height) = (format.width, format.height)
        PatternFeed.copy(
            picture.planeLuma,
            width,
            height,
            to: frame.pointee.data.0,
            frame.pointee.linesize.0
        )
        PatternFeed.copy(
            picture.planeBlue,
            width / 2,
            height / 2,
            to: frame.pointee.data.1,
            frame.pointee.linesize.1
        )
        PatternFeed.copy(
            picture.planeRed,
            width / 2,
            height / 2,
            to: frame.pointee.data.2,
            frame.pointee.linesize.2
        )
        return try video.encode(at: Int64(number)).flatMap { muxer.write($0, index: 0) ?? [] }
    }

    /// Encodes whole audio frames as long as they begin before a picture's time.
    private func encodeSound(until frame: Int) throws(IngestError) -> [UInt8] {
        var packets: [UInt8] = []
        let length = Int(audio.context.pointee.frame_size)
        while sampleCount * format.framesPerSecond < frame * PatternFeed.sampleRate {
            guard audio.prepareFrame(), length > 0 else { throw PatternFeed.outOfMemory }
            for plane in [audio.frame.pointee.data.0, audio.frame.pointee.data.1] {
                plane?.withMemoryRebound(to: Float.self, capacity: length) { samples in
                    for index in 0..<length {
                        samples[index] = tone[(sampleCount + index) % PatternFeed.toneLength]
                    }
                }
            }
            let units = try audio.encode(at: Int64(sampleCount))
            packets += units.flatMap { muxer.write($0, index: 1) ?? [] }
            sampleCount += length
        }
        return packets
    }

    private static func copy(
        _ plane: [UInt8],
        _ width: Int,
        _ height: Int,
        to target: UnsafeMutablePointer<UInt8>?,
        _ lineSize: Int32
    ) {
        guard let target, plane.count >= width * height else { return }
        plane.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for y in 0..<height {
                (target + y * Int(lineSize)).update(from: base + y * width, count: width)
            }
        }
    }

    private static let outOfMemory = IngestError(.io, "out of memory; end other programs")
}
