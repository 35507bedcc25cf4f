import CFFmpeg

/// A small picture in 24-bit colour.
public struct Thumbnail: Sendable, Equatable {
    /// How many pixels each row has.
    public let width: Int
    /// How many rows.
    public let height: Int
    /// The pixels row by row, each red, green and blue.
    public let pixels: [UInt8]

    /// The largest JPEG that is read.
    static let jpegMax = 4 << 20

    init(width: Int, height: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Reads a JPEG, such as another node serves, and makes it fit a box; nil when it is none.
    public init?(jpeg: [UInt8], width: Int, height: Int) {
        guard (1...Thumbnail.jpegMax).contains(jpeg.count) else { return nil }
        let decoder = KeyFrameDecoder()
        let unit = KeyFrameCollector.KeyFrame(codec: AV_CODEC_ID_MJPEG, bytes: jpeg, number: 1)
        guard decoder.decode(unit), let picture = decoder.picture,
            let made = PictureScaler.thumbnail(picture, width: width, height: height)
        else { return nil }
        self = made
    }
}
