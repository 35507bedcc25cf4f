import Basics
import Glibc
import Paths
import Testing
import Wire

@testable import Surroundings

/// A server of Binding requests on loopback, with two ports, that runs on a thread of its own.
private final class Server: Sendable {
    let ports: [UInt16]
    private let bell = Bell()

    init?(_ changes: StunMessage.Change, other: Bool = true) {
        let any = Endpoint(ipv4: 0x7F00_0001, port: 0)
        guard let first = DatagramSocket(like: any), let second = DatagramSocket(like: any),
            first.bind(to: any), second.bind(to: any), let one = first.local, let two = second.local
        else { return nil }
        ports = [one.port, two.port]
        let service = StunService(changes: changes, generosity: .never, software: "test")
        let handles = [first.handle, second.handle].map { dup($0) }
        let bell = bell
        let started = BlockingThread.start {
            Server.serve(handles, service, other ? two : nil, bell)
        }
        guard started else { return nil }
    }

    deinit { bell.ring() }

    var endpoint: Endpoint { Endpoint(ipv4: 0x7F00_0001, port: ports[0]) }

    private static func serve(
        _ handles: [Int32],
        _ service: StunService,
        _ other: Endpoint?,
        _ bell: Bell
    ) {
        let sockets = handles.map { DatagramSocket(owning: $0) }
        while !bell.hasRung {
            DatagramSocket.wait(for: handles + [bell.handle], atMost: .seconds(1))
            for (number, socket) in sockets.enumerated() {
                while case .datagram(let datagram, let from) = socket.receive() {
                    guard var answer = service.answer(datagram, from: from) else { continue }
                    if let other, var message = try? StunMessage(parsing: Bytes(answer.bytes)) {
                        message.otherAddress = other
                        answer.bytes = message.emitted
                    }
                    let isTurned = answer.from.contains(.port)
                    sockets[isTurned ? 1 - number : number].send(answer.bytes, to: answer.endpoint)
                }
            }
        }
    }
}

@Suite("Questions to a tracker", .serialized)
struct TrackerProbeTests {
    @Test("a server tells how we look, and where else it is")
    func binding() throws {
        let server = try #require(Server([.port]))
        let answer = try #require(TrackerProbe.binding(server.endpoint))
        #expect(answer.mapped?.isLoopback == true)
        #expect(answer.other?.port == server.ports[1])
        let landmarks = TrackerProbe.landmarks(server.endpoint, answer, second: nil)
        #expect(landmarks.otherPort == server.endpoint.with(port: server.ports[1]))
        #expect(landmarks.otherHost == nil)
        #expect(landmarks.changes == [.port])
    }

    @Test("a host without a NAT is seen as such, over real sockets")
    func open() throws {
        let server = try #require(Server([.port]))
        let answer = try #require(TrackerProbe.binding(server.endpoint))
        let landmarks = TrackerProbe.landmarks(server.endpoint, answer, second: nil)
        var own = OwnAddresses()
        own.ipv4 = [Endpoint(ipv4: 0x7F00_0001, port: 0)]
        let reading = NatSurveyor.reading(landmarks, own)
        #expect(reading.isReachable)
        #expect(reading.translation == .none)
        #expect(reading.type.mapping == .endpointIndependent)
        #expect(reading.type.allocation == .preserving)
    }

    @Test("a server sends to a port that has never spoken to it")
    func incoming() throws {
        let server = try #require(Server([.port]))
        let any = Endpoint(ipv4: 0x7F00_0001, port: 0)
        let port = try #require(LocalPort.free(like: any))
        #expect(TrackerProbe.incoming(from: server.endpoint, port, outside: port) == .came)
        let other = try #require(LocalPort.free(like: any))
        #expect(TrackerProbe.incoming(from: server.endpoint, port, outside: other) == .silent)
    }

    @Test("where nobody listens there is no answer, and full-size datagrams are refused")
    func nobody() throws {
        let any = Endpoint(ipv4: 0x7F00_0001, port: 0)
        let port = try #require(LocalPort.free(like: any))
        #expect(TrackerProbe.binding(any.with(port: port)) == nil)
        #expect(TrackerProbe.fullSize(any.with(port: port)) == .refused)
    }

    @Test("a port is free until somebody has it")
    func ports() throws {
        let any = Endpoint(ipv4: 0x7F00_0001, port: 0)
        let socket = try #require(DatagramSocket(like: any))
        #expect(socket.bind(to: any))
        let taken = try #require(socket.local)
        #expect(!LocalPort.isFree(udp: taken))
    }
}
