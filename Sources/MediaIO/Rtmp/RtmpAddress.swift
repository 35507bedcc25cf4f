/// An address that encoders push to with RTMP: `rtmp://0.0.0.0:1935/live/key`.
struct RtmpAddress: Hashable, Sendable {
    /// An address of this machine.
    let host: String
    /// The TCP port; 1935 unless given.
    let port: UInt16
    /// Application and stream key, with a slash between them.
    let path: String

    /// What messages call it: the key stays secret.
    var name: String {
        let application = path.split(separator: "/").first.map(String.init) ?? ""
        let place = host.contains(":") ? "[\(host)]" : host
        return "rtmp://\(place):\(port)/\(application)"
    }
}
