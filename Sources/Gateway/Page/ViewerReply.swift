import HTTPTypes
import HummingbirdCore
import NIOCore

/// What a browser or an HLS player gets.
enum ViewerReply: Sendable {
    /// A response that is there as a whole.
    case whole(status: HTTPResponse.Status, type: String, body: ByteBuffer)
    /// A movie that goes on for as long as the client wants.
    case movie(codecs: String, position: MovieState.Position)
    /// A movie from so far back that its browser may pause where it is.
    case past(ShiftedMovie, codecs: String, position: MovieState.Position)

    /// Something that is there.
    static func found(_ type: String, _ body: ByteBuffer) -> ViewerReply {
        .whole(status: .ok, type: type, body: body)
    }

    /// One sentence for who asked.
    static func refusal(_ status: HTTPResponse.Status, _ text: String) -> ViewerReply {
        .whole(
            status: status,
            type: "text/plain; charset=utf-8",
            body: ByteBuffer(string: text + "\n")
        )
    }

    /// The answer to a path that does not exist.
    static let nothing = refusal(.notFound, "There is nothing here.")

    /// The header fields of a response of some type.
    ///
    /// The page may load nothing but its own files, run no script but those, and be framed nowhere;
    /// nothing of what is served here may be used by another site.
    static func fields(type: String) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        fields[.contentSecurityPolicy] = contentPolicy
        for (name, value) in isolation {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }

    private static let contentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        + "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    private static let isolation = [
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
}
