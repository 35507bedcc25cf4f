/// Why a request is not served, and what the client is told.
///
/// After a refusal the connection is closed: what follows on it cannot be trusted to be where
/// a request begins.
enum Refusal: Error, Equatable {
    /// The head breaks the grammar of HTTP.
    case malformed(String)
    /// The request is not from this host's own users: another site or a rebound name.
    case foreign(String)
    /// The method is neither GET nor HEAD.
    case method
    /// The head is larger than allowed.
    case tooLarge
    /// The version is not HTTP/1.1.
    case version
    /// There are as many connections as allowed.
    case busy

    /// The status line's code and reason.
    var status: String {
        switch self {
        case .malformed: "400 Bad Request"
        case .foreign: "403 Forbidden"
        case .method: "405 Method Not Allowed"
        case .tooLarge: "431 Request Header Fields Too Large"
        case .version: "505 HTTP Version Not Supported"
        case .busy: "503 Service Unavailable"
        }
    }

    /// One sentence for the client.
    var text: String {
        switch self {
        case .malformed(let text), .foreign(let text): text
        case .method: "Only GET and HEAD are served here."
        case .tooLarge: "The head of the request is too large."
        case .version: "Only HTTP/1.1 is served here."
        case .busy: "Too many connections; try again later."
        }
    }

    /// The whole response; without the body in answer to HEAD.
    func response(to method: RequestRules.Method) -> String {
        let body = text + "\n"
        var lines = [
            "HTTP/1.1 \(status)", "Content-Type: text/plain; charset=utf-8",
            "Content-Length: \(body.utf8.count)", "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff", "Connection: close",
        ]
        switch self {
        case .method: lines.append("Allow: GET, HEAD")
        case .busy: lines.append("Retry-After: 5")
        case .malformed, .foreign, .tooLarge, .version: break
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (method == .head ? "" : body)
    }
}
