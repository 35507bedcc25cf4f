/// A camera, or a graph of libavfilter's sources, opened through libavdevice.
struct CaptureAddress: Hashable, Sendable {
    /// What opens it.
    enum Device: String, Hashable, Sendable {
        /// A camera that Linux knows, by its device file.
        case camera = "v4l2"
        /// Sources such as `testsrc2` and `sine`, written as libavfilter's graphs.
        case graph = "lavfi"
    }

    /// What opens it.
    let device: Device
    /// The device file or the graph.
    let place: String

    /// What messages call it.
    var name: String { "\(device.rawValue):\(place)" }

    /// Parses `v4l2:/dev/video0`, `lavfi:testsrc2` and a camera's plain path; nil for all else.
    init?(parsing text: String) throws(IngestError) {
        if text.hasPrefix("/dev/video") {
            self.init(device: .camera, place: text)
            return
        }
        guard let colon = text.firstIndex(of: ":"),
            let device = Device(rawValue: String(text[..<colon]))
        else { return nil }
        let place = String(text[text.index(after: colon)...])
        guard !place.isEmpty, !place.hasPrefix("//") else {
            throw IngestError(
                .badSource,
                "\(text): names nothing; write v4l2:/dev/video0 or lavfi:testsrc2"
            )
        }
        self.init(device: device, place: place)
    }

    private init(device: Device, place: String) {
        self.device = device
        self.place = place
    }
}
