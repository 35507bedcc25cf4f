import NIOCore

/// The files of the page, which are part of the program.
enum PageAssets {
    private static let files: [String: (type: String, body: ByteBuffer)] = [
        "/": ("text/html; charset=utf-8", ByteBuffer(bytes: PackageResources.index_html)),
        "/page.css": ("text/css; charset=utf-8", ByteBuffer(bytes: PackageResources.page_css)),
        "/player.js": (script, ByteBuffer(bytes: PackageResources.player_js)),
        "/board.js": (script, ByteBuffer(bytes: PackageResources.board_js)),
        "/map.js": (script, ByteBuffer(bytes: PackageResources.map_js)),
        "/icon.svg": ("image/svg+xml", ByteBuffer(bytes: PackageResources.icon_svg)),
    ]
    private static let script = "text/javascript; charset=utf-8"

    /// The file of a path; nil when there is none.
    static func reply(_ path: String) -> ViewerReply? {
        files[path].map { .found($0.type, $0.body) }
    }
}
