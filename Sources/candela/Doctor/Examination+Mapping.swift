import Basics
import Surroundings
import Telemetry

/// What the home router does for us.
extension Examination {
    /// Notes what came of asking for a port of ours, and tries whether datagrams come in by it.
    func examine(_ mapping: PortMapping, of port: UInt16) {
        diagnosis.portMapping = PortMappingRow(mapping)
        switch mapping.state {
        case .off(.unwanted):
            note(Finding(.mapping, .note, "Not tried, for --no-port-mapping was given."))
        case .off, .removed: note(Finding(.mapping, .note, "Not needed: \(mapping.because)."))
        case .asking: note(Finding(.mapping, .unknown, "The router has not answered within 6 s."))
        case .absent:
            let isNeeded = findsHardNat
            note(
                Finding(
                    .mapping,
                    isNeeded ? .warning : .note,
                    "None, for \(mapping.because)." + (isNeeded ? "" : " It is not needed here."),
                    advice: isNeeded ? "Switch on UPnP or PCP in the router's settings." : nil
                )
            )
        case .mapped(_, let outside):
            guard mapping.outside != nil else {
                note(
                    Finding(
                        .mapping,
                        .warning,
                        "\(mapping.capitalised). Only hosts behind that other NAT can use it.",
                        advice: "Ask the provider for a public address, or use IPv6."
                    )
                )
                return
            }
            tryIncoming(mapping, port, outside)
        }
    }

    /// Has the first server that can send a datagram to the mapped port, which has never spoken to it.
    private func tryIncoming(_ mapping: PortMapping, _ port: UInt16, _ outside: Endpoint) {
        let words = mapping.capitalised
        let answer = bindings.first { $0.answer.mapped?.sharesHost(with: outside) ?? false }
            .map { TrackerProbe.incoming(from: $0.server, port, outside: outside.port) }
        switch answer {
        case .some(.came):
            let text = "\(words), and datagrams come in by it: every viewer can reach you."
            note(Finding(.mapping, .good, text))
        case .some(.refused), .none:
            note(
                Finding(
                    .mapping,
                    .good,
                    "\(words); nobody could try whether datagrams come in by it."
                )
            )
        case .some(.silent):
            note(
                Finding(
                    .mapping,
                    .warning,
                    "\(words), but nothing came in by it.",
                    advice: "A firewall on the router or here may drop it: allow UDP to Candela."
                )
            )
        }
    }

    private var findsHardNat: Bool {
        diagnosis.findings.contains { $0.subject == .nat && $0.verdict == .warning }
    }
}

extension PortMapping {
    /// Why there is none; empty when there is one.
    fileprivate var because: String {
        switch state {
        case .off(let reason), .absent(let reason): reason.words
        case .asking, .mapped, .removed: ""
        }
    }

    fileprivate var capitalised: String {
        sentence.prefix(1).uppercased() + sentence.dropFirst()
    }
}

extension PortMappingRow {
    init(_ mapping: PortMapping) {
        self.init()
        (state, text) = (mapping.word, mapping.sentence)
        if case .mapped(let language, let outside) = mapping.state {
            (self.language, self.outside) = (language.rawValue, outside.description)
        }
    }
}
