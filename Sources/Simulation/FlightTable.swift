import Basics

/// The datagrams under way.
///
/// Events name them by their place, so that the event queue moves small values without reference
/// counts.
struct FlightTable {
    private var flights: [Flight?] = []
    private var free: [Int] = []

    /// How many are under way.
    var count: Int { flights.count - free.count }

    mutating func insert(_ flight: Flight) -> Int {
        if let place = free.popLast() {
            flights[place] = flight
            return place
        }
        flights.append(flight)
        return flights.count - 1
    }

    /// How many bytes a datagram has; nil when it is not there.
    func size(at place: Int) -> Int? { flights[place]?.datagram.count }

    mutating func remove(_ place: Int) -> Flight? {
        guard let flight = flights[place].take() else { return nil }
        free.append(place)
        return flight
    }
}
