/// What `--player` starts: a program, its own flags, those that we add, and the address.
struct PlayerCommand: Equatable, Sendable {
    /// The program, a name or a path.
    var program: String
    /// Its arguments.
    var arguments: [String]

    /// Flags that keep a known player's own delay low and let it end with the stream; from the
    /// players' manuals.
    ///
    /// They come before the user's own, which win.
    private static let flags: [String: [String]] = [
        "mpv": [
            "--profile=low-latency", "--untimed=no", "--cache=no", "--keep-open=no",
            "--force-window=yes",
        ],
        "ffplay": [
            "-fflags", "nobuffer", "-flags", "low_delay", "-framedrop", "-autoexit",
            "-loglevel", "error",
        ],
        "vlc": vlc,
        "cvlc": vlc,
        "qvlc": vlc,
    ]
    private static let vlc = [
        "--network-caching=300", "--live-caching=300", "--clock-jitter=0", "--play-and-exit",
        "--no-video-title-show",
    ]

    /// Reads what the user wrote; nil when it names no program.
    init?(_ text: String, url: String) {
        guard let words = CommandWords.split(text), let program = words.first, !program.isEmpty
        else { return nil }
        self.program = program
        let base = program.split(separator: "/").last.map(String.init) ?? program
        arguments = (PlayerCommand.flags[base] ?? []) + words.dropFirst() + [url]
    }
}
