/// Values by a number below 2^63, without order: what every datagram looks up must not cost a keyed hash.
///
/// Open addressing with linear probing (Knuth, volume 3, section 6.4); the hash is the multiplicative one of the
/// same section, so that it is the same in every process. Nothing is ever removed.
struct NumberTable<Value> {
    private var keys: [Int] = []
    private var values: [Value] = []
    private(set) var count = 0
    private let empty: Value

    /// A table in which every number has the value `empty`.
    init(empty: Value) { self.empty = empty }

    subscript(key: Int) -> Value {
        get {
            guard count > 0 else { return empty }
            let at = place(of: key)
            return keys[at] == key ? values[at] : empty
        }
        set { change(key) { $0 = newValue } }
    }

    /// Changes a number's value where it is kept.
    mutating func change<Result>(_ key: Int, _ body: (inout Value) -> Result) -> Result {
        if 4 * (count + 1) > 3 * keys.count { grow() }
        let at = place(of: key)
        if keys[at] < 0 {
            keys[at] = key
            count += 1
        }
        return body(&values[at])
    }

    /// Where a number is, or would be.
    private func place(of key: Int) -> Int {
        let mask = keys.count - 1
        let mixed = UInt64(bitPattern: Int64(key)) &* 0x9E37_79B9_7F4A_7C15
        var at = Int(truncatingIfNeeded: mixed >> 32) & mask
        while keys[at] >= 0, keys[at] != key { at = (at + 1) & mask }
        return at
    }

    private mutating func grow() {
        let (oldKeys, oldValues) = (keys, values)
        let size = max(16, 2 * oldKeys.count)
        keys = Array(repeating: -1, count: size)
        values = Array(repeating: empty, count: size)
        for (key, value) in zip(oldKeys, oldValues) where key >= 0 {
            let at = place(of: key)
            keys[at] = key
            values[at] = value
        }
    }
}
