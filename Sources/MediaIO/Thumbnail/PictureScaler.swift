import CFFmpeg

/// Makes small pictures of decoded ones: RGB for a terminal, JPEG for a page.
enum PictureScaler {
    /// The size that fits a box and keeps the shape as it is meant to be seen; even, and at least 2×2.
    static func fitted(
        _ picture: UnsafeMutablePointer<AVFrame>,
        width: Int,
        height: Int
    ) -> (width: Int, height: Int) {
        let aspect = picture.pointee.sample_aspect_ratio
        let stretch = aspect.num > 0 && aspect.den > 0 ? Double(aspect.num) / Double(aspect.den) : 1
        let shape = Double(picture.pointee.width) * stretch / Double(picture.pointee.height)
        let scale = min(Double(width) / shape, Double(height))
        func even(_ side: Double, _ most: Int) -> Int { min(most & ~1, max(2, Int(side) & ~1)) }
        return (even(scale * shape, width), even(scale, height))
    }

    /// The picture as rows of red, green and blue; nil when it cannot be converted.
    static func thumbnail(
        _ picture: UnsafeMutablePointer<AVFrame>,
        width: Int,
        height: Int
    ) -> Thumbnail? {
        let size = fitted(picture, width: width, height: height)
        guard let small = scaled(picture, size, AV_PIX_FMT_RGB24) else { return nil }
        var owned: UnsafeMutablePointer<AVFrame>? = small
        defer { av_frame_free(&owned) }
        guard let plane = small.pointee.data.0 else { return nil }
        let stride = Int(small.pointee.linesize.0)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(size.width * size.height * 3)
        for row in 0..<size.height {
            pixels += UnsafeBufferPointer(start: plane + row * stride, count: size.width * 3)
        }
        return Thumbnail(width: size.width, height: size.height, pixels: pixels)
    }

    /// The picture as JPEG; nil when it cannot be made.
    static func jpeg(
        _ picture: UnsafeMutablePointer<AVFrame>,
        width: Int,
        height: Int
    ) -> [UInt8]? {
        let size = fitted(picture, width: width, height: height)
        guard let small = scaled(picture, size, AV_PIX_FMT_YUVJ420P) else { return nil }
        var owned: UnsafeMutablePointer<AVFrame>? = small
        defer { av_frame_free(&owned) }
        guard let encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG),
            let context = avcodec_alloc_context3(encoder)
        else { return nil }
        var made: UnsafeMutablePointer<AVCodecContext>? = context
        defer { avcodec_free_context(&made) }
        context.pointee.width = Int32(size.width)
        context.pointee.height = Int32(size.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
        context.pointee.time_base = AVRational(num: 1, den: 1)
        context.pointee.thread_count = 1
        context.pointee.flags |= AV_CODEC_FLAG_QSCALE
        context.pointee.global_quality = FF_QP2LAMBDA * quality
        small.pointee.quality = FF_QP2LAMBDA * quality
        small.pointee.pts = 0
        guard avcodec_open2(context, encoder, nil) >= 0, let unit = AccessUnit(),
            avcodec_send_frame(context, small) >= 0,
            avcodec_receive_packet(context, unit.packet) >= 0, let data = unit.packet.pointee.data
        else { return nil }
        return Array(UnsafeBufferPointer(start: data, count: unit.size))
    }

    /// On libavcodec's scale from 1, the best, to 31: about 40 kB at 640×360.
    private static let quality: Int32 = 4

    /// A copy in another size and pixel format, which the caller frees.
    private static func scaled(
        _ picture: UnsafeMutablePointer<AVFrame>,
        _ size: (width: Int, height: Int),
        _ format: AVPixelFormat
    ) -> UnsafeMutablePointer<AVFrame>? {
        let known = AVPixelFormat(rawValue: picture.pointee.format)
        let scaler = sws_getContext(
            picture.pointee.width,
            picture.pointee.height,
            known,
            Int32(size.width),
            Int32(size.height),
            format,
            // Every pixel of the large picture counts, so that nothing flickers.
            SWS_AREA,
            nil,
            nil,
            nil
        )
        guard let scaler else { return nil }
        defer { sws_freeContext(scaler) }
        guard let small = av_frame_alloc() else { return nil }
        small.pointee.width = Int32(size.width)
        small.pointee.height = Int32(size.height)
        small.pointee.format = format.rawValue
        var owned: UnsafeMutablePointer<AVFrame>? = small
        guard av_frame_get_buffer(small, 0) >= 0, sws_scale_frame(scaler, small, picture) >= 0
        else {
            av_frame_free(&owned)
            return nil
        }
        return small
    }
}
