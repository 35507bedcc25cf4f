import Glibc
import Subprocess
import SystemPackage

/// The player that `--player` names, started on the stream without a shell.
final class PlayerProcess: Sendable {
    /// What becomes of the node when the player closes.
    enum Attachment: Sendable {
        /// It ends, too.
        case ends
        /// It keeps relaying.
        case stays
    }

    /// How long a player may take to play what it has when the stream has ended: mpv's own cache
    /// and the burst are shorter.
    static let farewellTime = Duration.seconds(30)

    private let task: Task<Void, Never>

    /// Starts a player.
    init(_ command: PlayerCommand, _ attachment: Attachment, _ lifetime: Lifetime) {
        let executable: Executable =
            command.program.contains("/")
            ? .path(.init(command.program)) : .name(command.program)
        task = Task {
            let verdict: CommandFailure?
            do {
                let result = try await Subprocess.run(
                    executable,
                    arguments: .init(command.arguments),
                    output: .discarded,
                    error: .discarded
                )
                verdict = PlayerProcess.failure(command, result.terminationStatus)
            } catch {
                verdict = CommandFailure(
                    .io,
                    "cannot start the player '\(command.program)'; is it installed?"
                )
            }
            guard !Task.isCancelled else { return }
            switch (attachment, verdict) {
            case (.stays, let failure?): StandardError.line("candela: \(failure.message)")
            case (.stays, nil): StandardError.line("the player has closed; relaying goes on")
            case (.ends, let failure?): lifetime.stop(.failed(failure))
            case (.ends, nil): lifetime.stop(.finished)
            }
        }
    }

    /// Waits until the player has played what it has, but no longer than the farewell time, and
    /// closes it then.
    func finish() async {
        await withTaskGroup { group in
            group.addTask { [task] in await task.value }
            group.addTask { try? await Task.sleep(for: PlayerProcess.farewellTime) }
            await group.next()
            task.cancel()
            group.cancelAll()
        }
    }

    /// Closes the player at once.
    func stop() { task.cancel() }

    /// What to say of a player that did not end well.
    private static func failure(
        _ command: PlayerCommand,
        _ status: TerminationStatus
    ) -> CommandFailure? {
        guard case .exited(let code) = status, code != 0 else { return nil }
        return CommandFailure(
            .io,
            "the player '\(command.program)' ended with status \(code); start it by hand on"
                + " \(command.arguments.last ?? "the stream") to see why"
        )
    }
}
