/// One thing that the doctor has looked at, in a sentence.
struct Finding: Sendable, Encodable, Equatable {
    /// What was looked at.
    enum Subject: String, Sendable, Encodable, CaseIterable {
        case network, udp, tracker, mtu, nat, hairpin
        case mapping = "port_mapping"
        case ipv6, clock, ports, player

        /// The words before the sentence.
        var title: String {
            switch self {
            case .network: "Network"
            case .udp: "UDP"
            case .tracker: "Tracker"
            case .mtu: "Full-size datagrams"
            case .nat: "NAT"
            case .hairpin: "Hairpin"
            case .mapping: "Port mapping"
            case .ipv6: "IPv6"
            case .clock: "Clock"
            case .ports: "Ports"
            case .player: "Player"
            }
        }
    }

    /// How it is.
    enum Verdict: String, Sendable, Encodable, CaseIterable {
        /// As it should be.
        case good
        /// A fact that does not matter much.
        case note
        /// Joining works, but not as well as it could.
        case warning
        /// Joining will not work.
        case bad
        /// It could not be looked at.
        case unknown
    }

    var subject: Subject
    var verdict: Verdict
    /// What is so, and why; whole sentences.
    var text: String
    /// What to do about it; nil when there is nothing to do.
    var advice: String?

    init(_ subject: Subject, _ verdict: Verdict, _ text: String, advice: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.advice = advice
    }
}
