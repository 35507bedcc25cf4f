import Basics
import Foundation
import Glibc
import Secrecy
import Testing
import Tracking
import Transport
import Wire

/// Binding requests to a tracker's port, over real sockets.
@Suite("STUN at the tracker's port")
struct StunTests {
    private static func tracker() async throws -> Driver {
        var configuration = DriverConfiguration(listen: Endpoint(ipv4: 0x7F00_0001, port: 0))
        configuration.makeTracker = { now in
            var entropy = Entropy(secret: [UInt8](repeating: 7, count: 32))
            let identity = Identity.fresh(from: &entropy)
            return Tracker(TrackerConfiguration(), identity: identity, entropy: entropy, at: now)
        }
        let driver = try await Driver.start(configuration)
        // The second port is bound right after the first.
        try await Task.sleep(for: .milliseconds(100))
        return driver
    }

    @Test("an ordinary client hears how it looks, from where it asked")
    func plain() async throws {
        let tracker = try await StunTests.tracker()
        let socket = try #require(Asker())
        let request = StunMessage(.request, .init(high: 1, low: 2))
        let answer = try #require(socket.ask(request, at: tracker.local.port))
        #expect(answer.message.kind == .success && answer.message.transaction.low == 2)
        #expect(answer.message.mapped == socket.endpoint)
        #expect(answer.from == tracker.local.port)
        await tracker.stop()
    }

    @Test("the port after it answers too, and for it, unless somebody else has it")
    func otherPort() async throws {
        let tracker = try await StunTests.tracker()
        let socket = try #require(Asker())
        var request = StunMessage(.request, .init(high: 1, low: 3))
        request.software = "as long as an answer"
        request.change = .port
        let answer = try #require(socket.ask(request, at: tracker.local.port))
        if answer.message.kind == .success {
            #expect(answer.from == tracker.local.port + 1)
            request.change = []
            request.transaction = .init(high: 1, low: 4)
            let other = try #require(socket.ask(request, at: tracker.local.port + 1))
            #expect(other.message.mapped == socket.endpoint)
        } else {
            #expect(answer.message.errorCode == 420)
        }
        await tracker.stop()
    }

    @Test("coturn's client understands the answer")
    func coturn() async throws {
        let tracker = try await StunTests.tracker()
        let words = ["turnutils_stunclient", "-p", "\(tracker.local.port)", "127.0.0.1"]
        let (status, said) = try StunTests.run(words)
        #expect(status == 0)
        #expect(said.contains("reflexive addr: 127.0.0.1:"), "\(said)")
        await tracker.stop()
    }

    private static let hasClassicClient = ConditionTrait.enabled(
        if: (try? run(["sh", "-c", "command -v stun"]).status) == 0,
        "the package stun-client is not installed here"
    )

    @Test(
        "the classic client finds no NAT on loopback, and the tracker's second port",
        hasClassicClient
    )
    func classic() async throws {
        let tracker = try await StunTests.tracker()
        // It is impatient: on a busy machine it may give up before it is answered.
        var said = ""
        for _ in 0..<3 where !said.contains("test III = 1") {
            said = try StunTests.run(["stun", "127.0.0.1:\(tracker.local.port)", "-v"]).output
        }
        // Its status tells the type. A tracker has no second address, so that it cannot tell open from a firewall.
        #expect(said.contains("test I = 1") && said.contains("test III = 1"), "\(said)")
        #expect(said.contains("is nat  = 0"), "\(said)")
        #expect(said.contains("Primary: "), "\(said)")
        await tracker.stop()
    }

    /// Runs a program to its end.
    private static func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        client.arguments = words
        let output = Pipe()
        client.standardOutput = output
        client.standardError = output
        try client.run()
        let said = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(),
            as: UTF8.self
        )
        client.waitUntilExit()
        return (client.terminationStatus, said)
    }

    @Test("a flood from one address is hardly answered")
    func flood() async throws {
        let tracker = try await StunTests.tracker()
        let socket = try #require(Asker())
        for number in 0..<300 {
            socket.send(
                StunMessage(.request, .init(high: 9, low: UInt64(number))),
                to: tracker.local.port
            )
        }
        var answers = 0
        while socket.receive(within: 200) != nil { answers += 1 }
        // 5 at once and one a second, for they are longer than what was asked; the flood itself takes a moment.
        #expect((1...8).contains(answers))
        await tracker.stop()
    }
}

/// A UDP socket on loopback.
private final class Asker {
    private let handle: Int32
    let endpoint: Endpoint

    init?() {
        handle = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = Asker.address(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let handle = handle
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(handle, $0, size) == 0 && getsockname(handle, $0, &size) == 0
            }
        }
        endpoint = Endpoint(ipv4: 0x7F00_0001, port: UInt16(bigEndian: address.sin_port))
        guard isBound else { return nil }
    }

    deinit { close(handle) }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    func send(_ message: StunMessage, to port: UInt16) {
        var address = Asker.address(port)
        let bytes = message.emitted
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(
                    handle,
                    bytes,
                    bytes.count,
                    0,
                    $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size)
                )
            }
        }
    }

    func receive(within milliseconds: Int32) -> (message: StunMessage, from: UInt16)? {
        var waiting = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1_500)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(handle, &buffer, buffer.count, 0, $0, &size)
            }
        }
        guard count > 0, let message = try? StunMessage(parsing: Bytes(Array(buffer.prefix(count))))
        else { return nil }
        return (message, UInt16(bigEndian: address.sin_port))
    }

    /// Asks up to five times.
    func ask(_ message: StunMessage, at port: UInt16) -> (message: StunMessage, from: UInt16)? {
        for _ in 0..<5 {
            send(message, to: port)
            if let answer = receive(within: 500) { return answer }
        }
        return nil
    }
}
