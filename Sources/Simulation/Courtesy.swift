import Basics
import Wire

/// Watches what a machine sends to addresses that have not proved themselves (SECURITY section 6,
/// invariant 2): answers are never larger than what came, and what nobody asked for is a punch,
/// a question to a tracker, or a handshake that a punch or the user asked for.
struct Courtesy {
    private struct Account {
        /// Bytes received from there, minus bytes sent there.
        var balance = 0
        /// It has sent a sealed datagram, which nobody can without having received one.
        var isProved = false
        var heardPunch = false
        /// It answered our handshake, so that we may speak first.
        var heardResponse = false
    }

    /// SECURITY 2.7: per introduction at most 6 punches of at most 64 bytes; the same pair may be
    /// introduced again every 10 s.
    private static let punchSizeMax = 64
    private var accounts: [Int: Account] = [:]

    mutating func receive(_ kind: Envelope.Kind, size: Int, from machine: Int) {
        accounts[machine, default: Account()].balance += size
        if kind == .transport { accounts[machine]?.isProved = true }
        if kind == .punch { accounts[machine]?.heardPunch = true }
        if kind == .response { accounts[machine]?.heardResponse = true }
    }

    /// Counts what is sent; says what is wrong with it, nil when nothing is.
    mutating func send(
        _ kind: Envelope.Kind,
        size: Int,
        to machine: Int,
        isTracker: Bool
    ) -> String? {
        guard accounts[machine]?.isProved != true else { return nil }
        switch kind {
        case .punch:
            return size <= Courtesy.punchSizeMax ? nil : "a punch of \(size) bytes"
        case .initiation:
            if isTracker || accounts[machine]?.heardPunch == true { return nil }
            return "a handshake to somebody who sent no punch"
        case .discover:
            return isTracker ? nil : "a question for a key to somebody who is no tracker"
        case .response, .cookie, .identity:
            accounts[machine, default: Account()].balance -= size
            let balance = accounts[machine]?.balance ?? 0
            return balance >= 0 ? nil : "\(-balance) bytes more than came, in answers"
        case .transport:
            let isAnswered = accounts[machine]?.heardResponse == true
            return isAnswered ? nil : "sealed bytes before the address was proved"
        }
    }
}
