/// An immutable, reference counted run of bytes; slices share the storage.
///
/// What comes from the network lives in one of these: parsers read it in place, stores keep slices
/// and a relay passes them on without a copy. At most 4 GiB: two words are half of what every datagram,
/// message and effect consists of, and these are moved all the time.
public struct Bytes: Hashable, Sendable {
    @usableFromInline let storage: [UInt8]
    @usableFromInline let from: UInt32
    @usableFromInline let to: UInt32
    @inlinable var lower: Int { Int(from) }
    @inlinable var upper: Int { Int(to) }

    /// No bytes.
    public static let empty = Bytes([])

    /// Takes over an array without a copy.
    @inlinable
    public init(_ array: [UInt8]) {
        storage = array
        from = 0
        to = UInt32(array.count)
    }

    @inlinable
    init(_ storage: [UInt8], _ lower: Int, _ upper: Int) {
        self.storage = storage
        from = UInt32(lower)
        to = UInt32(upper)
    }

    /// How many bytes there are.
    @inlinable
    public var count: Int { upper - lower }
    /// Whether there are none.
    @inlinable
    public var isEmpty: Bool { upper == lower }

    /// The byte at an index from 0 up to `count`; a precondition, so check untrusted indexes first.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "byte \(index) of \(count)")
        return storage[lower + index]
    }

    /// The four bytes from an index on, most significant first; a precondition as for one byte.
    @inlinable
    public func word(at index: Int) -> UInt32 {
        precondition(index >= 0 && index + 4 <= count, "four bytes at \(index) of \(count)")
        let at = lower + index
        return storage.withUnsafeBytes {
            UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
    }

    /// The bytes from `start` up to `end`, both cut to what there is; shares the storage.
    @inlinable
    public func slice(_ start: Int, _ end: Int) -> Bytes {
        let first = min(max(0, start), count)
        let last = min(max(first, end), count)
        return Bytes(storage, lower + first, lower + last)
    }

    /// The bytes from `start` on; shares the storage.
    @inlinable
    public func suffix(from start: Int) -> Bytes { slice(start, count) }

    /// A copy as an array; free when this is the whole storage.
    @inlinable
    public var array: [UInt8] {
        lower == 0 && upper == storage.count ? storage : Array(storage[lower..<upper])
    }

    /// Gives the bytes to a closure as one contiguous buffer.
    @inlinable
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let (start, end) = (lower, upper)
        return try storage.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
        }
    }

    /// The storage as an array slice, for callers that need a collection.
    @inlinable
    public var storageSlice: ArraySlice<UInt8> { storage[lower..<upper] }

    /// Whether both hold the same bytes, wherever they are stored.
    public static func == (left: Bytes, right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { one in
            right.withUnsafeBytes { other in
                one.baseAddress == other.baseAddress || Bytes.areEqual(one, other)
            }
        }
    }

    /// Whether two buffers hold the same bytes; looks at 32 of them at a time.
    public static func areEqual(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer
    ) -> Bool {
        guard left.count == right.count else { return false }
        func difference(_ at: Int) -> UInt64 {
            left.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        }
        var at = 0
        while at + 32 <= left.count {
            let some = difference(at) | difference(at + 8)
            let rest = difference(at + 16) | difference(at + 24)
            guard some | rest == 0 else { return false }
            at += 32
        }
        return (at..<left.count).allSatisfy { left[$0] == right[$0] }
    }
    /// Hashes the bytes, not the storage.
    public func hash(into hasher: inout Hasher) { hasher.combine(storageSlice) }
}
