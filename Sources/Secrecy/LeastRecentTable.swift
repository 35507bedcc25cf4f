/// A table with a bound: the entry that was used least recently makes room for a new one.
///
/// Entries sit in an array and are chained by their indexes. Every operation is O(1).
struct LeastRecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var value: Value
        var newer: Int
        var older: Int
    }

    private var entries: [Entry] = []
    private var places: [Key: Int] = [:]
    private var newest = -1
    private var oldest = -1
    let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// Changes the value of a key in place, which counts as a use; a new key starts from `initial`.
    mutating func update<R>(
        _ key: Key,
        initial: @autoclosure () -> Value,
        _ body: (inout Value) -> R
    ) -> R {
        let place = place(of: key, initial: initial)
        return body(&entries[place].value)
    }

    /// The value of a key, without counting as a use.
    func peek(_ key: Key) -> Value? { places[key].map { entries[$0].value } }

    private mutating func place(of key: Key, initial: () -> Value) -> Int {
        if let place = places[key] {
            unlink(place)
            linkNewest(place)
            return place
        }
        let entry = Entry(key: key, value: initial(), newer: -1, older: -1)
        let place: Int
        if entries.count < capacity {
            place = entries.count
            entries.append(entry)
        } else {
            place = oldest
            unlink(place)
            places[entries[place].key] = nil
            entries[place] = entry
        }
        places[key] = place
        linkNewest(place)
        return place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkNewest(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
