public import Basics
import CFFmpeg
import Dispatch
import Synchronization

/// Looks into a transport stream as it passes: its picture's size and rate, and small pictures of it.
///
/// Nothing is decoded but the newest key frame, and that only for whoever asks, at most once in
/// `period`, on a queue of its own.
public final class PictureTap: Sendable {
    /// What the stream showed so far.
    private struct Passed: Sendable {
        var collector = KeyFrameCollector()
        var isDecoding = false
        var decodedNumber = 0
        var decodedAt: ContinuousClock.Instant?
        var thumbnail: Thumbnail?
        var size: (number: Int, height: Int, isInterlaced: Bool)?
    }

    /// The decoder, for the queue alone.
    private final class Decoding: @unchecked Sendable {
        // Only closures on the serial queue touch it.
        let decoder = KeyFrameDecoder()
        var number = 0
        var jpeg: [UInt8]?
    }

    /// A picture every two seconds is live enough.
    public static let period = Duration.seconds(2)
    /// The box of a thumbnail: two pixels for each cell of a terminal of 192 columns.
    public static let thumbnailBox = (width: 192, height: 108)
    /// The box of a poster.
    public static let posterBox = (width: 640, height: 360)

    private let passed = Mutex(Passed())
    private let decoding = Decoding()
    private let queue = DispatchQueue(label: "candela.picture")

    /// Starts with nothing seen.
    public init() {}

    /// Takes bytes of the stream as they come; costs a look at each packet's header.
    public func append(_ bytes: Bytes) { append(bytes.storageSlice) }

    /// Takes bytes of the stream as they come.
    public func append(_ bytes: [UInt8]) { append(bytes[...]) }

    private func append(_ bytes: ArraySlice<UInt8>) {
        passed.withLock { $0.collector.append(bytes) }
    }

    /// The picture's height and rate, such as `720p30`; nil before enough came.
    public var video: String? {
        let known = passed.withLock { passed in
            (passed.collector.newest, passed.collector.rate, passed.size)
        }
        guard let frame = known.0, let rate = known.1 else { return nil }
        let size = known.2.flatMap { $0.number == frame.number ? $0 : nil } ?? measure(frame)
        guard let size, size.height > 0 else { return nil }
        let shown = rate.rounded()
        guard shown >= 1, shown < 1_000 else { return nil }
        return "\(size.height)\(size.isInterlaced ? "i" : "p")\(Int(shown))"
    }

    /// Reads the size out of the key frame's headers, without decoding.
    private func measure(
        _ frame: KeyFrameCollector.KeyFrame
    ) -> (number: Int, height: Int, isInterlaced: Bool)? {
        guard let found = CodedPicture.size(of: frame) else { return nil }
        let size = (number: frame.number, height: found.height, isInterlaced: found.isInterlaced)
        passed.withLock { $0.size = size }
        return size
    }

    /// The newest thumbnail that is ready; asking makes a newer one.
    ///
    /// The first answer is nil: ask again.
    public func thumbnail() -> Thumbnail? {
        let (ready, due) = passed.withLock { passed in
            let isDue = PictureTap.isDue(&passed)
            return (passed.thumbnail, isDue ? passed.collector.newest : nil)
        }
        if let due { queue.async { [self] in refresh(due) } }
        return ready
    }

    private static func isDue(_ passed: inout Passed) -> Bool {
        let now = ContinuousClock.now
        guard let newest = passed.collector.newest, newest.number != passed.decodedNumber,
            !passed.isDecoding, passed.decodedAt.map({ now - $0 >= period }) ?? true
        else { return false }
        passed.isDecoding = true
        passed.decodedAt = now
        return true
    }

    private func refresh(_ frame: KeyFrameCollector.KeyFrame) {
        let box = PictureTap.thumbnailBox
        var made: Thumbnail?
        if decode(frame), let picture = decoding.decoder.picture {
            made = PictureScaler.thumbnail(picture, width: box.width, height: box.height)
        }
        passed.withLock { passed in
            passed.isDecoding = false
            passed.decodedNumber = frame.number
            if let made { passed.thumbnail = made }
        }
    }

    /// The newest key frame as JPEG; nil before one came or when it cannot be decoded.
    ///
    /// Blocks for as long as decoding takes, tens of milliseconds at most once per key frame.
    public func poster() -> [UInt8]? {
        guard let frame = passed.withLock({ $0.collector.newest }) else { return nil }
        let box = PictureTap.posterBox
        return queue.sync {
            guard decode(frame), let picture = decoding.decoder.picture else { return nil }
            if decoding.jpeg == nil {
                decoding.jpeg = PictureScaler.jpeg(picture, width: box.width, height: box.height)
            }
            return decoding.jpeg
        }
    }

    /// Decodes a key frame unless it was the last one; on the queue.
    private func decode(_ frame: KeyFrameCollector.KeyFrame) -> Bool {
        guard decoding.number != frame.number else { return decoding.decoder.picture != nil }
        guard decoding.decoder.decode(frame) else { return false }
        decoding.number = frame.number
        decoding.jpeg = nil
        return true
    }
}
