import Basics
import Paths
import Telemetry

/// Everything that the doctor found.
struct Diagnosis: Sendable, Encodable {
    /// What is known of the NAT, for programs.
    struct Nat: Sendable, Encodable, Equatable {
        /// As in `EI/APD/preserving`; nil when nobody answered.
        @OrNull var type: String?
        /// As in `port-restricted cone`.
        @OrNull var name: String?
        /// How our address becomes another: `none`, `address` or `family`.
        @OrNull var translation: String?
        @OrNull var outside: String?
        /// The distance between successive ports under contiguous allocation.
        @OrNull var delta: Int?
        /// Whether two behind the NAT reach each other by outside addresses; never false, for one host cannot
        /// see that.
        @OrNull var hairpin: Bool?
        /// Whether mapping and filtering were seen from two addresses; else the likelier and the stricter
        /// are told.
        var isMappingProven = false
        var isFilteringProven = false
        /// How many of the 27 types of NAT can be met: plainly, by foretelling a port, by a relay only.
        @OrNull var meets: [Int]?
        /// An idle mapping lives at least so many seconds; nil when it was not measured.
        @OrNull var idleAtLeastS: Double?
        /// An idle mapping is gone after so many seconds.
        @OrNull var idleGoneS: Double?

        enum CodingKeys: String, CodingKey {
            case type, name, translation, outside, delta, hairpin, meets
            case isMappingProven = "mapping_proven"
            case isFilteringProven = "filtering_proven"
            case idleAtLeastS = "idle_at_least_s"
            case idleGoneS = "idle_gone_s"
        }
    }

    /// Whether joining will work; nil when nobody could tell.
    @OrNull var joining: Bool?
    var summary = ""
    var findings: [Finding] = []
    var nat = Nat()
    @OrNull var portMapping: PortMappingRow?
    @OrNull var mtu: Int?
    @OrNull var roundTripMs: Double?
    @OrNull var clockErrorMs: Double?

    enum CodingKeys: String, CodingKey {
        case joining, summary, findings, nat, mtu
        case portMapping = "port_mapping"
        case roundTripMs = "round_trip_ms"
        case clockErrorMs = "clock_error_ms"
    }

    /// Draws the conclusion: joining works when a tracker answers and nothing forbids it.
    mutating func conclude() {
        let isForbidden = findings.contains { $0.verdict == .bad }
        let tracker = findings.first { $0.subject == .tracker }?.verdict
        switch (isForbidden, tracker) {
        case (true, _):
            joining = false
            summary = "Joining will not work: see what is marked as bad."
        case (false, .good):
            joining = true
            let isMapped = portMapping?.state == "mapped"
            let isHard =
                !isMapped && findings.contains { $0.subject == .nat && $0.verdict == .warning }
            summary =
                isHard
                ? "Joining will work; feeding other viewers may not."
                : "Joining will work."
        case (false, _):
            joining = nil
            summary =
                "Whether joining will work cannot be told: give the link, or --tracker HOST:PORT."
        }
    }
}
