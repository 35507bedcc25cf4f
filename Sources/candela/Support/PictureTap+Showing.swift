import Dashboard
import Gateway
import MediaIO
import Telemetry

/// What is seen in the stream, in the forms in which others take it.
extension PictureTap {
    /// The picture for a dashboard of this process.
    var dashboardPicture: Picture? {
        thumbnail().flatMap { Picture(width: $0.width, height: $0.height, pixels: $0.pixels) }
    }

    /// The picture for a dashboard at the control socket.
    var controlPicture: ControlPicture? {
        thumbnail().flatMap {
            ControlPicture(width: $0.width, height: $0.height, pixels: $0.pixels)
        }
    }
}

extension SwarmSnapshot {
    /// The snapshot with what is seen in the stream.
    func showing(_ tap: PictureTap) -> SwarmSnapshot {
        var snapshot = self
        snapshot.video = tap.video
        return snapshot
    }

    /// The snapshot with the link that viewers join with.
    func joined(with link: String?) -> SwarmSnapshot {
        var snapshot = self
        snapshot.link = link
        return snapshot
    }
}
