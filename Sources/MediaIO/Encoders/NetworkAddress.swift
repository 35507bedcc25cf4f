import Basics
import CFFmpeg
import Glibc

/// An address that libavformat's protocols reach.
struct NetworkAddress: Hashable, Sendable {
    /// How the stream comes out of it.
    enum Kind: Hashable, Sendable {
        /// SRT: packets that most often hold MPEG-TS.
        case srt(SrtRole)
        /// TCP: whatever the other side sends.
        case tcp
        /// HTTP: a file, a live stream or a playlist.
        case http
        /// RTSP, with RTP inside.
        case rtsp
        /// A stream of an RTMP server.
        case rtmp
    }

    /// Who connects to whom.
    enum SrtRole: Hashable, Sendable {
        /// Encoders come to us.
        case listener
        /// We go to them.
        case caller
    }

    /// How the stream comes out of it.
    let kind: Kind
    /// The address as libavformat takes it.
    let url: String

    /// What messages call it: without options, user and password, which may be secret.
    var name: String {
        let plain = url.prefix { $0 != "?" }
        guard let scheme = plain.firstRange(of: "://") else { return String(plain) }
        let rest = plain[scheme.upperBound...]
        let place = rest.prefix { $0 != "/" }
        guard let at = place.lastIndex(of: "@") else { return String(plain) }
        return String(plain[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }

    /// Whether encoders come to us.
    var isListening: Bool { kind == .srt(.listener) }

    /// The protocols that the address and whatever it refers to may use.
    var protocols: String {
        switch kind {
        case .srt: "srt"
        case .tcp: "tcp"
        case .http: "http,https,tcp,tls,crypto"
        case .rtsp: "rtsp,rtsps,rtp,udp,tcp,tls,http,https"
        case .rtmp: "rtmp,rtmps,rtmpt,tcp,tls,http,https"
        }
    }

    /// How long the other side may be silent before it counts as gone.
    ///
    /// Five seconds is SRT's own limit. A playlist may be that of long segments.
    var silenceMax: TimeSpan {
        switch kind {
        case .srt, .tcp: .seconds(5)
        case .rtsp, .rtmp: .seconds(8)
        case .http: .seconds(20)
        }
    }

    /// Options for libavformat; whoever takes them frees them.
    var options: OpaquePointer? {
        var list: OpaquePointer?
        av_dict_set(&list, "protocol_whitelist", protocols, 0)
        switch kind {
        case .srt, .tcp: break
        case .http:
            av_dict_set(&list, "user_agent", "Candela", 0)
            av_dict_set(&list, "icy", "0", 0)
        case .rtsp: av_dict_set(&list, "rtsp_flags", "prefer_tcp", 0)
        case .rtmp: av_dict_set(&list, "rtmp_live", "live", 0)
        }
        return list
    }

    /// What to say when it cannot be opened.
    func failure(_ code: Int32) -> IngestError {
        if code == candela_av_exit || code == candela_av_timeout {
            return IngestError(
                .unreachable,
                "\(name): no answer in time; check the address and that it is on the air"
            )
        }
        if code == candela_av_invalid || code == candela_av_error(EINVAL) {
            return IngestError(
                .notMedia,
                "\(name): what comes from it is not media that can be read; check the address"
            )
        }
        let reason = LibavError.text(of: code)
        return IngestError(
            .unreachable,
            "\(name): cannot be opened (\(reason)); check the address and the network"
        )
    }
}
