import Basics
import Wire

/// Watches what a machine sends (SECURITY section 6, invariants 2 and 3).
///
/// To addresses that have not proved themselves answers are never larger than what came, and what nobody
/// asked for is a punch, a question to a tracker, or a handshake that a punch or the user asked for.
/// To nobody is a counter, which is the nonce, used twice under one key.
struct Courtesy {
    private struct Account {
        /// Bytes received from there, minus bytes sent there.
        var balance = 0
        /// It has sent a sealed datagram, which nobody can without having received one.
        var isProved = false
        var heardPunch = false
        /// It answered our handshake, so that we may speak first.
        var heardResponse = false

        mutating func receive(_ kind: Envelope.Kind, size: Int) {
            // Nothing else is asked of an address that has proved itself.
            guard !isProved else { return }
            balance += size
            switch kind {
            case .transport: isProved = true
            case .punch: heardPunch = true
            case .response: heardResponse = true
            case .initiation, .cookie, .discover, .identity, .relay: break
            }
        }
    }

    /// SECURITY 2.7: per introduction at most 6 punches of at most 64 bytes; the same pair may be
    /// introduced again every 10 s.
    private static let punchSizeMax = 64
    private var accounts = NumberTable(empty: Account())
    /// What the sessions have sealed, by receiving machine, service and receiver's index.
    private var counters = NumberTable(empty: Counters())

    /// The last counters of up to two sessions that go by the same index: a process that starts anew
    /// gives the same indexes again, and who knew the old one may seal with both keys for a while.
    private struct Counters {
        var isFresh = true
        var newest: UInt32 = 0
        var older: UInt32?

        /// Takes a counter in; false when no session can have come to it.
        mutating func take(_ counter: UInt32) -> Bool {
            if isFresh {
                isFresh = false
                newest = counter
                return true
            }
            if counter == 0, newest > 0 {
                (older, newest) = (newest, 0)
                return true
            }
            let isNext = counter == newest &+ 1
            if let older, counter > older, !isNext, counter < newest || counter == older &+ 1 {
                self.older = counter
                return true
            }
            guard counter > newest else { return false }
            newest = counter
            return true
        }
    }

    mutating func receive(_ kind: Envelope.Kind, size: Int, from machine: Int) {
        accounts.change(machine) { $0.receive(kind, size: size) }
    }

    /// Tells where in memory the account of a machine is.
    func show(_ machine: Int, _ show: (UnsafeRawPointer, Int) -> Void) {
        accounts.show(machine, show)
    }

    /// Counts what is sent; says what is wrong with it, nil when nothing is.
    mutating func send(_ datagram: Datagram, to machine: Int, tracker: Int) -> Violation.Finding? {
        guard let first = datagram.isEmpty ? nil : datagram.head[0],
            let (kind, _) = Envelope.parse(firstByte: first)
        else { return Violation.Finding(2, "\(datagram.count) bytes that are no envelope") }
        let isSealed =
            kind == .transport && datagram.head.count >= Envelope.transportHeaderSize
        // Where a session has sealed before, the address was proved, and that stays so.
        if isSealed, let isRepeated = repeats(datagram.head, to: machine) {
            return isRepeated
                ? Violation.Finding(3, "a counter was used twice under one key") : nil
        }
        let rude = send(kind, size: datagram.count, to: machine, isTracker: machine == tracker)
        if let rude { return Violation.Finding(2, rude) }
        if isSealed { begin(datagram.head, to: machine) }
        return nil
    }

    /// The same for a datagram of some kind and size, whatever its counter.
    mutating func send(
        _ kind: Envelope.Kind,
        size: Int,
        to machine: Int,
        isTracker: Bool
    ) -> String? {
        guard !accounts[machine].isProved else { return nil }
        switch kind {
        case .punch:
            return size <= Courtesy.punchSizeMax ? nil : "a punch of \(size) bytes"
        case .initiation:
            if isTracker || accounts[machine].heardPunch { return nil }
            return "a handshake to somebody who sent no punch"
        case .discover:
            return isTracker ? nil : "a question for a key to somebody who is no tracker"
        case .response, .cookie, .identity:
            let balance = accounts.change(machine) { account in
                account.balance -= size
                return account.balance
            }
            return balance >= 0 ? nil : "\(-balance) bytes more than came, in answers"
        case .transport:
            return accounts[machine].heardResponse
                ? nil : "sealed bytes before the address was proved"
        case .relay:
            return "something to pass on before the address was proved"
        }
    }

    /// Whether a sealed datagram has a counter that its session has used before; nil for the first one of
    /// a session.
    private mutating func repeats(_ datagram: Bytes, to machine: Int) -> Bool? {
        let counter = datagram.word(at: 5)
        return counters.changeKnown(Courtesy.session(datagram, machine)) { !$0.take(counter) }
    }

    /// Takes in the first sealed datagram of a session.
    private mutating func begin(_ datagram: Bytes, to machine: Int) {
        let counter = datagram.word(at: 5)
        counters.change(Courtesy.session(datagram, machine)) { _ = $0.take(counter) }
    }

    /// What a session is known by.
    ///
    /// The header is the first byte, which has the service, then the receiver's index and the counter,
    /// 4 bytes each (`Wire/Envelope.swift`).
    private static func session(_ datagram: Bytes, _ machine: Int) -> Int {
        let service = Int(datagram[0] >> 4 & 1)
        return machine << 33 | service << 32 | Int(datagram.word(at: 1))
    }
}
