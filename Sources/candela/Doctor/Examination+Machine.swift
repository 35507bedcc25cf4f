import Basics
import Glibc
import Surroundings

/// What is looked at on the machine itself.
extension Examination {
    /// The ports that Candela takes unless it is told others.
    private static let (source, tracker, http): (UInt16, UInt16, UInt16) = (4_300, 4_310, 8_090)
    /// Players whose flags `--player` knows, best first.
    private static let players = ["mpv", "vlc", "ffplay"]

    func examineMachine() {
        examineClock()
        examinePorts()
        examinePlayer()
    }

    private func examineClock() {
        switch ClockState.present {
        case .kept(let error):
            diagnosis.clockErrorMs = error.milliseconds
            let text =
                "Something keeps the clock right, to \(Int(error.milliseconds.rounded(.up))) ms"
            note(Finding(.clock, .good, text + " by the system's own account."))
        case .drifting:
            note(
                Finding(
                    .clock,
                    .warning,
                    "Nothing keeps this machine's clock right. Streams do not suffer, for peers measure"
                        + " their offsets, but times in logs do.",
                    advice: "Switch on systemd-timesyncd or chrony."
                )
            )
        case .unknown: note(Finding(.clock, .unknown, "The system does not tell."))
        }
    }

    private func examinePorts() {
        let any = Endpoint(ipv4: 0, port: Examination.source)
        var taken: [String] = []
        if !LocalPort.isFree(udp: any) {
            taken.append("UDP \(Examination.source) (broadcast)")
        }
        if !LocalPort.isFree(udp: any.with(port: Examination.tracker)) {
            taken.append("UDP \(Examination.tracker) (tracker)")
        }
        let isHttpTaken = !LocalPort.isFree(tcp: Examination.http)
        if taken.isEmpty, !isHttpTaken {
            let text = "UDP 4300 and 4310 and TCP 8090 are free."
            note(Finding(.ports, .good, text))
        } else if taken.isEmpty {
            let text = "TCP 8090 is taken; 'join' takes the next one that is free."
            note(Finding(.ports, .note, text))
        } else {
            let text = "Taken by others: " + taken.joined(separator: ", ") + "."
            let advice =
                "Use --listen with another port, or stop what has it. 'join' takes any port."
            note(Finding(.ports, .note, text, advice: advice))
        }
    }

    private func examinePlayer() {
        if let player = subjects.player {
            let isThere = Examination.isProgram(player)
            note(
                isThere
                    ? Finding(.player, .good, "\(player) is there.")
                    : Finding(
                        .player,
                        .warning,
                        "\(player) was not found.",
                        advice: "Install it, or name another with --player."
                    )
            )
            return
        }
        guard let found = Examination.players.first(where: Examination.isProgram) else {
            note(
                Finding(
                    .player,
                    .note,
                    "None of \(Examination.players.joined(separator: ", ")) was found; any browser plays the"
                        + " page that 'join' prints."
                )
            )
            return
        }
        note(Finding(.player, .good, "\(found) is there: candela join LINK --player \(found)"))
    }

    /// Whether a program can be run: a path, or a name in `PATH`.
    private static func isProgram(_ name: String) -> Bool {
        if name.contains("/") { return access(name, X_OK) == 0 }
        return (Environment.value("PATH") ?? "").split(separator: ":")
            .contains { access("\($0)/\(name)", X_OK) == 0 }
    }
}
