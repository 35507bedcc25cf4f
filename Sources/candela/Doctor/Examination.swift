import Basics
import Paths
import Surroundings
import Telemetry

/// Looks at the machine, its network and its NAT; every finding is told as it is made.
///
/// Only the owner's thread calls it; most calls block for some seconds.
final class Examination {
    /// What to look at.
    struct Subjects: Sendable {
        /// Trackers to be joined through.
        var trackers: [Endpoint] = []
        /// Any STUN servers, for the NAT.
        var servers: [Endpoint] = []
        /// A player that is wanted.
        var player: String?
        /// How long the search for the time-out of idle mappings may take; zero for not at all.
        var idle = TimeSpan.zero
    }

    var diagnosis = Diagnosis()
    let subjects: Subjects
    let own = OwnAddresses.present
    private let tell: (Finding) -> Void
    /// Servers that answer Binding requests, with their answers.
    private(set) var bindings: [(server: Endpoint, answer: TrackerProbe.Binding)] = []

    init(_ subjects: Subjects, tell: @escaping (Finding) -> Void) {
        self.subjects = subjects
        self.tell = tell
    }

    func note(_ finding: Finding) {
        diagnosis.findings.append(finding)
        tell(finding)
    }

    /// Looks at all but the port mapping and the machine itself.
    func examineNetwork() {
        examineAddresses()
        let answers = subjects.trackers.map { ($0, TrackerProbe.fullSize($0)) }
        for server in subjects.trackers + subjects.servers {
            if let answer = TrackerProbe.binding(server) { bindings.append((server, answer)) }
        }
        examineUdp(answers)
        examineTrackers(answers)
        examineFullSize(answers)
        examineNat()
        examineIPv6()
    }

    private func examineAddresses() {
        let route = DefaultRoute.present
        guard let first = own.all.first else {
            note(
                Finding(
                    .network,
                    .bad,
                    "This machine has no address but its own loopback.",
                    advice: "Plug in a cable or join a wireless network."
                )
            )
            return
        }
        guard let route else {
            note(
                Finding(
                    .network,
                    .note,
                    "This machine is \(first.host); no router leads further, so that only its own"
                        + " network can be reached over IPv4."
                )
            )
            return
        }
        note(
            Finding(
                .network,
                .good,
                "This machine is \(first.host); the router is \(route.router.host) on"
                    + " \(route.interface)."
            )
        )
    }

    private func examineUdp(_ answers: [(Endpoint, TrackerProbe.FullSize)]) {
        guard !subjects.trackers.isEmpty || !subjects.servers.isEmpty else {
            let text = "Not tried, for nobody was named who could answer."
            let advice = "Give the link of a broadcast, or --tracker HOST:PORT."
            note(Finding(.udp, .unknown, text, advice: advice))
            return
        }
        var spans = bindings.map(\.answer.roundTrip)
        for case .answered(let span) in answers.map(\.1) { spans.append(span) }
        if let best = spans.min() {
            diagnosis.roundTripMs = best.milliseconds
            let span = Examination.words(best)
            note(Finding(.udp, .good, "Datagrams go out, and answers come back in \(span)."))
            return
        }
        if let (place, _) = answers.first(where: { $0.1 == .refused }) {
            let text = "\(place.host) says that nobody listens there; so datagrams seem to pass."
            note(Finding(.udp, .unknown, text))
            return
        }
        let places = (subjects.trackers + subjects.servers).map(\.description)
        if answers.contains(where: { $0.1 == .unreachable }) {
            note(
                Finding(
                    .udp,
                    .bad,
                    "No way leads from here to \(places.joined(separator: " or ")).",
                    advice: "Check the network of this machine, and its firewall."
                )
            )
            return
        }
        note(
            Finding(
                .udp,
                .bad,
                "No answer from \(places.joined(separator: " or ")) within 2 s.",
                advice:
                    "If the broadcast is running, a firewall between drops UDP: allow it, or try"
                    + " another network."
            )
        )
    }

    private func examineTrackers(_ answers: [(Endpoint, TrackerProbe.FullSize)]) {
        guard let (first, _) = answers.first else {
            note(Finding(.tracker, .unknown, "Not tried, for none was named."))
            return
        }
        for case (let tracker, .answered(let span)) in answers {
            let words = Examination.words(span)
            note(Finding(.tracker, .good, "The tracker at \(tracker) answers in \(words)."))
            return
        }
        let answersStun = bindings.contains { $0.server == first }
        if answersStun {
            // The next finding says why.
            note(Finding(.tracker, .unknown, "\(first) answers small questions only."))
        } else if answers.contains(where: { $0.1 == .refused }) {
            note(
                Finding(
                    .tracker,
                    .bad,
                    "Nobody listens at \(first).",
                    advice: "Ask whether the broadcast is running, and whether the link is current."
                )
            )
        } else {
            let advice = "Ask whether the broadcast is running, and whether the link is current."
            note(Finding(.tracker, .bad, "No tracker answers at \(first).", advice: advice))
        }
    }

    private func examineFullSize(_ answers: [(Endpoint, TrackerProbe.FullSize)]) {
        for case (_, .answered) in answers {
            note(Finding(.mtu, .good, "Datagrams of 1,200 bytes get through whole."))
            return
        }
        for case (let tracker, .tooLarge(let mtu)) in answers {
            diagnosis.mtu = mtu
            let size = mtu.map { "at most \($0) bytes" } ?? "less than 1,228 bytes"
            note(
                Finding(
                    .mtu,
                    .bad,
                    "A link towards \(tracker.host) takes datagrams of \(size); Candela needs 1,228"
                        + " with their headers.",
                    advice: "Raise the MTU of that link, which is often a VPN, to 1,280 or more."
                )
            )
            return
        }
        let silent = answers.first { answer in bindings.contains { $0.server == answer.0 } }
        guard let (server, _) = silent else {
            note(Finding(.mtu, .unknown, "Not tried, for no tracker answers."))
            return
        }
        note(
            Finding(
                .mtu,
                .bad,
                "\(server) answers small datagrams, but not those of 1,200 bytes: a link on the way drops"
                    + " them without a word, or it is no tracker.",
                advice: "Check the MTU of a VPN on the way, and the address of the tracker."
            )
        )
    }

    private static func words(_ span: TimeSpan) -> String {
        span < .milliseconds(10)
            ? "\((span.milliseconds * 10).rounded() / 10) ms" : "\(Int(span.milliseconds)) ms"
    }

    private func examineNat() {
        // A server with a second address tells more than a tracker, which has one.
        let richest = bindings.first { server, answer in
            answer.other.map { !$0.isUnspecified && !$0.sharesHost(with: server) } ?? false
        }
        guard let (server, answer) = richest ?? bindings.first else {
            note(Finding(.nat, .unknown, "Not tried, for nobody answers Binding requests (STUN)."))
            return
        }
        let second = bindings.dropFirst().map(\.server).first { other in
            !other.sharesHost(with: server) && (other.ipv4 == nil) == (server.ipv4 == nil)
        }
        let landmarks = TrackerProbe.landmarks(server, answer, second: second)
        let reading = NatSurveyor.reading(landmarks, own)
        diagnosis.nat = Diagnosis.Nat(reading)
        noteNat(reading)
        noteHairpin(reading)
        if subjects.idle > .zero, reading.translation != .none { examineIdle(server) }
    }

    private func noteNat(_ reading: NatReading) {
        guard reading.isReachable else {
            note(Finding(.nat, .unknown, "The answers have stopped in the middle of the probe."))
            return
        }
        let meaning = NatMeaning(reading.type)
        var text = "\(reading.plainWords) \(meaning.words)"
        if !reading.isMappingProven || !reading.isFilteringProven {
            text +=
                " (Seen from one address only: the likelier mapping and the stricter filter are told.)"
        }
        let isHard = reading.type.mapping != .endpointIndependent
        note(Finding(.nat, isHard ? .warning : .good, text, advice: meaning.advice))
    }

    private func noteHairpin(_ reading: NatReading) {
        guard reading.translation != .none else { return }
        switch reading.hairpin {
        case .yes:
            note(
                Finding(
                    .hairpin,
                    .good,
                    "Two behind this NAT reach each other by outside addresses."
                )
            )
        case .no:
            let text =
                "This machine does not reach itself by its outside address; whether two behind this NAT"
                + " would reach each other cannot be told by one. Candela lets them meet by inside ones."
            note(Finding(.hairpin, .unknown, text))
        case .unknown: note(Finding(.hairpin, .unknown, "Could not be tried."))
        }
    }

    private func examineIdle(_ server: Endpoint) {
        let bounds = NatSurveyor.lifetime(server, within: subjects.idle)
        if bounds.alive > .zero { diagnosis.nat.idleAtLeastS = bounds.alive.seconds }
        diagnosis.nat.idleGoneS = bounds.gone?.seconds
        switch (bounds.alive > .zero, bounds.gone) {
        case (_, .some(let gone)):
            let isShort = gone <= .seconds(25)
            let text =
                "The NAT forgets an idle mapping within \(Int(gone.seconds)) s."
                + (isShort ? " A stream keeps its own; paths kept in reserve may be lost." : "")
            note(Finding(.nat, isShort ? .warning : .good, text))
        case (true, nil):
            let text = "The NAT keeps an idle mapping for \(Int(bounds.alive.seconds)) s at least."
            note(Finding(.nat, .good, text))
        case (false, nil):
            let text = "How long the NAT keeps an idle mapping could not be measured."
            note(Finding(.nat, .unknown, text))
        }
    }

    private func examineIPv6() {
        guard let address = own.globalIPv6.first else {
            note(
                Finding(.ipv6, .note, "This machine has no public address of IPv6; none is needed.")
            )
            return
        }
        let isProven = bindings.contains { $0.server.ipv4 == nil }
        let text =
            isProven
            ? "\(address.host) goes out, and answers come back."
            : "The address is \(address.host); not tried, for nobody was named who has one."
        note(Finding(.ipv6, isProven ? .good : .note, text))
    }

}

extension Diagnosis.Nat {
    init(_ reading: NatReading) {
        guard reading.isReachable else { return }
        type = reading.type.description
        name = reading.type.commonName
        switch reading.translation {
        case .none: translation = "none"
        case .address: translation = "address"
        case .family: translation = "family"
        }
        outside = reading.outside?.description
        delta = reading.type.allocation == .contiguous ? Int(reading.delta) : nil
        // A NAT may turn round what comes for another host and not what comes for the sender itself.
        hairpin = reading.hairpin == .yes ? true : nil
        isMappingProven = reading.isMappingProven
        isFilteringProven = reading.isFilteringProven
        meets = NatMeaning(reading.type).counts
    }
}
