/// Values by a number below 2^63, without order: what every datagram looks up must not cost a keyed hash.
///
/// Open addressing with linear probing (Knuth, volume 3, section 6.4); the hash is the multiplicative one of the
/// same section, so that it is the same in every process. Nothing is ever removed.
///
/// A number stands beside its value, so that a look is one place in memory.
struct NumberTable<Value> {
    private struct Entry {
        var key: Int
        var value: Value
    }

    private var entries: [Entry] = []
    private(set) var count = 0
    private let empty: Value

    /// A table in which every number has the value `empty`.
    init(empty: Value) { self.empty = empty }

    subscript(key: Int) -> Value {
        get {
            guard count > 0 else { return empty }
            let at = place(of: key)
            return entries[at].key == key ? entries[at].value : empty
        }
        set { change(key) { $0 = newValue } }
    }

    /// Changes a number's value where it is kept.
    mutating func change<Result>(_ key: Int, _ body: (inout Value) -> Result) -> Result {
        if 4 * (count + 1) > 3 * entries.count { grow() }
        let at = place(of: key)
        if entries[at].key < 0 {
            entries[at].key = key
            count += 1
        }
        return body(&entries[at].value)
    }

    /// Changes a number's value where it is kept; nil when it has never been given one.
    mutating func changeKnown<Result>(_ key: Int, _ body: (inout Value) -> Result) -> Result? {
        guard count > 0 else { return nil }
        let at = place(of: key)
        return entries[at].key == key ? body(&entries[at].value) : nil
    }

    /// Tells where in memory a number is looked for first.
    func show(_ key: Int, _ show: (UnsafeRawPointer, Int) -> Void) {
        guard count > 0 else { return }
        let offset = home(of: key) * MemoryLayout<Entry>.stride
        entries.withUnsafeBytes {
            if let start = $0.baseAddress { show(start + offset, MemoryLayout<Entry>.stride) }
        }
    }

    /// Where a number is looked for first; there must be entries.
    private func home(of key: Int) -> Int {
        let mixed = UInt64(bitPattern: Int64(key)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (entries.count - 1)
    }

    /// Where a number is, or would be.
    private func place(of key: Int) -> Int {
        let mask = entries.count - 1
        var at = home(of: key)
        while entries[at].key >= 0, entries[at].key != key { at = (at + 1) & mask }
        return at
    }

    private mutating func grow() {
        let old = entries
        entries = Array(
            repeating: Entry(key: -1, value: empty),
            count: max(16, 2 * old.count)
        )
        for entry in old where entry.key >= 0 { entries[place(of: entry.key)] = entry }
    }
}
