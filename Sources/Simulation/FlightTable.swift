import Basics
import Wire

/// The datagrams under way.
///
/// Events name them by their place, so that the event queue moves small values without reference
/// counts.
struct FlightTable {
    private var flights: [Flight?] = []
    private var free: [Int] = []

    /// How many are under way.
    var count: Int { flights.count - free.count }

    mutating func insert(_ flight: consuming Flight) -> Int {
        if let place = free.popLast() {
            flights[place] = flight
            return place
        }
        flights.append(flight)
        return flights.count - 1
    }

    /// How many bytes a datagram has; nil when it is not there.
    func size(at place: Int) -> Int? { flights[place]?.datagram.count }

    /// Where the entry of a datagram is; nil for none.
    func memory(of place: Int) -> UnsafeRawPointer? {
        guard flights.indices.contains(place) else { return nil }
        return flights.withUnsafeBytes {
            $0.baseAddress.map { $0 + place * MemoryLayout<Flight?>.stride }
        }
    }

    /// Where its bytes are: their storage is the first word of the entry.
    func head(of place: Int) -> UnsafeRawPointer? {
        memory(of: place).flatMap { $0.load(as: UnsafeRawPointer?.self) }
    }

    /// The receiver's index of the session that it belongs to, and who sent it; nil for a datagram of no
    /// session.
    func session(of place: Int) -> (index: UInt32, sender: Int)? {
        guard flights.indices.contains(place), let flight = flights[place],
            flight.datagram.head.count >= Envelope.transportHeaderSize
        else { return nil }
        return (flight.datagram.head.word(at: 1), flight.from)
    }

    mutating func remove(_ place: Int) -> Flight? {
        guard let flight = flights[place].take() else { return nil }
        free.append(place)
        return flight
    }
}
