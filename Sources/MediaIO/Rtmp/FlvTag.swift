/// RTMP messages as the tags of an FLV file, which is what libavformat reads
/// (Adobe, "Video File Format Specification", version 10.1, annex E).
enum FlvTag {
    /// The start of a file that holds sound and pictures.
    static let fileHeader: [UInt8] = [0x46, 0x4C, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]

    /// The tag of a message; nil for metadata that are not the stream's.
    static func bytes(of message: RtmpMessage) -> [UInt8]? {
        guard let payload = content(of: message) else { return nil }
        let time = UInt64(message.timestamp)
        var tag = [message.type] + AmfValue.bigEndian(UInt64(payload.count), bytes: 3)
        tag += AmfValue.bigEndian(time & 0xFF_FFFF, bytes: 3)
        tag.append(UInt8(truncatingIfNeeded: time >> 24))
        tag += [0, 0, 0]
        tag += payload
        return tag + AmfValue.bigEndian(UInt64(tag.count), bytes: 4)
    }

    /// Why a message cannot be carried; nil when it can, or when that is not for the tag to know.
    static func complaint(about message: RtmpMessage) -> String? {
        guard message.type == RtmpMessage.Kind.video, let first = message.payload.first else {
            return nil
        }
        // The highest bit marks the extended header of HEVC and AV1; 12 is an older way for HEVC.
        guard first & 0x80 != 0 || first & 0x0F == 12 else { return nil }
        return "it sends HEVC or AV1, which this address cannot take; "
            + "choose H.264 in the encoder, or push HEVC over SRT"
    }

    private static func content(of message: RtmpMessage) -> [UInt8]? {
        guard message.type == RtmpMessage.Kind.metadata else { return message.payload }
        var reader = AmfReader(message.payload)
        guard let name = reader.next()?.string else { return nil }
        if name == "onMetaData" { return message.payload }
        guard name == "@setDataFrame" else { return nil }
        return Array(message.payload[reader.offset...])
    }
}
