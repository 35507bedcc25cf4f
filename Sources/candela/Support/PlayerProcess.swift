import Subprocess
import SystemPackage

/// The player that `--player` names, started on the stream without a shell.
enum PlayerProcess {
    /// Flags that keep a player's own delay low; from the players' manuals.
    private static let flags: [String: [String]] = [
        "mpv": ["--profile=low-latency", "--untimed=no", "--cache=no"],
        "ffplay": ["-fflags", "nobuffer", "-flags", "low_delay"],
        "vlc": ["--network-caching=300"],
        "cvlc": ["--network-caching=300"],
    ]

    /// Starts `command URL`; when the player ends, so does the command.
    static func start(
        _ command: String,
        url: String,
        lifetime: Lifetime
    ) throws(CommandFailure) {
        let words = command.split(separator: " ").map(String.init)
        guard let program = words.first else {
            throw CommandFailure(.usage, "--player is empty; name a player, like mpv")
        }
        let base = program.split(separator: "/").last.map(String.init) ?? program
        let arguments = words.dropFirst() + (flags[base] ?? []) + ["\(url)live.ts?burst=5"]
        let executable: Executable =
            program.contains("/") ? .path(.init(program)) : .name(program)
        Task {
            do {
                _ = try await Subprocess.run(
                    executable,
                    arguments: .init(Array(arguments)),
                    output: .discarded,
                    error: .discarded
                )
                lifetime.stop(.finished)
            } catch {
                let why = "cannot start the player '\(program)'; is it installed?"
                lifetime.stop(.failed(CommandFailure(.io, why)))
            }
        }
    }
}
