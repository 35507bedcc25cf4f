import HTTPTypes
import HummingbirdCore
import NIOCore

/// A response of the node that is there as a whole.
struct Reply: Sendable {
    /// The status.
    var status = HTTPResponse.Status.ok
    /// The media type.
    var type = "text/plain; charset=utf-8"
    /// Seconds after which asking again may help.
    var retryAfter: Int?
    /// The content.
    var body: [UInt8]

    /// A text.
    init(_ status: HTTPResponse.Status = .ok, type: String? = nil, text: String) {
        self.status = status
        if let type { self.type = type }
        body = Array(text.utf8)
    }

    /// Content of some media type.
    init(type: String, body: [UInt8]) {
        self.type = type
        self.body = body
    }

    /// The answer to everything that is not there.
    static var nothing: Reply { Reply(.notFound, text: "There is nothing here.\n") }

    /// Writes the response; without its content in answer to HEAD.
    @concurrent func send(
        to request: HTTPRequest,
        _ writer: consuming ResponseWriter
    ) async throws {
        var fields: HTTPFields = [
            .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .contentLength: String(body.count),
        ]
        if let retryAfter { fields[.retryAfter] = String(retryAfter) }
        let head = HTTPResponse(status: status, headerFields: fields)
        guard request.method == .get else { return try await writer.writeResponse(head) }
        let content = ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        try await writer.write(response: head, body: content)
    }
}
