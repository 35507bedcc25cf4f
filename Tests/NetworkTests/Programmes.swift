import FoundationEssentials
import Telemetry
import Testing

/// The product, at work in a lab.
struct Station {
    let child: Child
    let state: String

    /// Starts a command in a namespace, with a state folder of its own.
    init(_ lab: Lab, _ namespace: String, _ words: [String]) throws {
        state = "\(Child.folder)/state\(Number.next)"
        let all = [Child.candela] + words + ["--plain", "--state-dir", state]
        child = try #require(lab.start(namespace, all))
    }

    /// The first line of its output, when it comes in time.
    func line(within seconds: Double = 10) async throws -> String {
        _ = await eventually(within: seconds) { child.output.contains("\n") || child.ended != nil }
        let line = child.output.split(separator: "\n").first.map(String.init)
        return try #require(line, "\(child.errors)")
    }

    /// How it fares, by its own account; nil while it does not answer.
    func snapshot() -> SwarmSnapshot? {
        let words = [Child.candela, "status", "--json", "--state-dir", state]
        let (status, output) = Child.run(words)
        guard status == 0 else { return nil }
        return try? JSONDecoder().decode(SwarmSnapshot.self, from: Data(output.utf8))
    }

    /// Waits until its account is as wished; the last account.
    func snapshot(
        within seconds: Double,
        until isWished: (SwarmSnapshot) -> Bool
    ) async -> SwarmSnapshot? {
        var last: SwarmSnapshot?
        for _ in 0..<Int(seconds * 4) {
            last = snapshot() ?? last
            if let last, isWished(last) { return last }
            if child.ended != nil { return last }
            try? await Task.sleep(for: .milliseconds(200))
        }
        return last
    }
}

extension SwarmSnapshot {
    /// The row of the one who made the snapshot.
    var me: PeerRow? { peers.first { $0.path == "self" } }
}
