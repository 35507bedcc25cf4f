import Basics
import CFFmpeg

/// A camera or a graph: raw pictures and sound, encoded here.
final class CaptureFeed: Feed, @unchecked Sendable {
    /// The speed of pictures that do not tell theirs.
    private static let speedUsual = 25

    private let demuxer: Demuxer
    private let address: CaptureAddress
    private let description: String
    private let pictureIndex: Int?
    private let soundIndex: Int?
    private let pictureDecoder: Decoder?
    private let soundDecoder: Decoder?
    private let picture: CapturedPicture?
    private let sound: CapturedSound?
    private let muxer: TransportMuxer
    /// The encoder holds sound back for two frames: pictures wait for it, so that none comes late.
    private var interleaver: Interleaver
    /// When the first frame was captured, in nanoseconds of the device's clock.
    private var start: Int64?
    private var lastTime: Int64 = 0

    /// Takes an open device.
    init(_ demuxer: Demuxer, _ address: CaptureAddress) throws(IngestError) {
        self.demuxer = demuxer
        self.address = address
        let streams = demuxer.streams
        let (first, second) = (
            demuxer.bestStream(AVMEDIA_TYPE_VIDEO), demuxer.bestStream(AVMEDIA_TYPE_AUDIO)
        )
        (pictureIndex, soundIndex) = (first, second)
        pictureDecoder = try CaptureFeed.decoder(first, streams, address.name)
        soundDecoder = try CaptureFeed.decoder(second, streams, address.name)
        if let first {
            picture = try CapturedPicture(CaptureFeed.format(of: streams[first]))
        } else {
            picture = nil
        }
        sound = second == nil ? nil : try CapturedSound()
        muxer = try CaptureFeed.muxer(picture, sound, address.name)
        interleaver = Interleaver(
            streamCount: [first, second].compactMap(\.self).count,
            spanMax: Interleaver.spanLive
        )
        let words = [first, second].compactMap { $0 }.map { Codecs.describe(streams[$0]) }
        description = "\(address.name): \(words.joined(separator: ", ")), encoded as H.264 and AAC"
    }

    func run(_ output: FeedOutput) throws(IngestError) {
        output.report(.started(description: description))
        var pacer = Pacer(output)
        while true {
            switch demuxer.read() {
            case .stopped: return
            case .end:
                while let (unit, index) = interleaver.drain() {
                    output.deliver(muxer.write(unit, index: index) ?? [])
                }
                return output.deliver(muxer.finish())
            case .damaged(let reason):
                throw IngestError(.io, "\(address.name): reading failed (\(reason))")
            case .unit(let unit):
                let packets = try encode(unit)
                let media = TimeSpan(nanoseconds: lastTime)
                guard pacer.wait(until: media) == .due else { return }
                output.deliver(packets)
            }
        }
    }

    private func encode(_ unit: AccessUnit) throws(IngestError) -> [UInt8] {
        if unit.streamIndex == pictureIndex, let picture {
            try pictureDecoder?.decode(unit) { (frame, time) throws(IngestError) in
                for unit in try picture.encode(frame, at: place(time)) {
                    interleaver.insert(unit, index: 0)
                }
            }
        } else if unit.streamIndex == soundIndex, let sound {
            try soundDecoder?.decode(unit) { (frame, time) throws(IngestError) in
                for unit in try sound.encode(frame, at: place(time)) {
                    interleaver.insert(unit, index: picture == nil ? 0 : 1)
                }
            }
        }
        var packets: [UInt8] = []
        while let (unit, index) = interleaver.next() {
            packets += muxer.write(unit, index: index) ?? []
        }
        return packets
    }

    /// A frame's time since the first one, in nanoseconds; a frame without one comes with the last.
    private func place(_ time: Int64?) -> Int64 {
        guard let time else { return lastTime }
        let begin = start ?? time
        start = begin
        lastTime = max(0, time &- begin)
        return lastTime
    }

    private static func decoder(
        _ index: Int?,
        _ streams: [UnsafeMutablePointer<AVStream>],
        _ name: String
    ) throws(IngestError) -> Decoder? {
        guard let index, streams.indices.contains(index) else { return nil }
        return try Decoder(streams[index], name: name)
    }

    private static func format(of stream: UnsafeMutablePointer<AVStream>) -> PatternFormat {
        let rate = stream.pointee.avg_frame_rate
        let isKnown = rate.num > 0 && rate.den > 0
        let speed = isKnown ? Int((Double(rate.num) / Double(rate.den)).rounded()) : speedUsual
        return PatternFormat(
            width: Int(stream.pointee.codecpar?.pointee.width ?? 0),
            height: Int(stream.pointee.codecpar?.pointee.height ?? 0),
            framesPerSecond: speed
        )
    }

    private static func muxer(
        _ picture: CapturedPicture?,
        _ sound: CapturedSound?,
        _ name: String
    ) throws(IngestError) -> TransportMuxer {
        switch (picture, sound) {
        case (let picture?, let sound?):
            try picture.encoder.withParameters { (first) throws(IngestError) in
                try sound.encoder.withParameters { (second) throws(IngestError) in
                    try TransportMuxer([first, second])
                }
            }
        case (let picture?, nil):
            try picture.encoder.withParameters { (first) throws(IngestError) in
                try TransportMuxer([first])
            }
        case (nil, let sound?):
            try sound.encoder.withParameters { (first) throws(IngestError) in
                try TransportMuxer([first])
            }
        case (nil, nil):
            throw IngestError(.notMedia, "\(name): gives neither picture nor sound")
        }
    }
}
