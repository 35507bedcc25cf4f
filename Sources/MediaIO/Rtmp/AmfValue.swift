/// A value of AMF0, the encoding of RTMP's commands (Adobe, "Action Message Format", AMF 0).
enum AmfValue: Equatable {
    case number(Double)
    case boolean(Bool)
    case string(String)
    case object([(key: String, value: AmfValue)])
    case null

    static func == (left: AmfValue, right: AmfValue) -> Bool {
        left.encoded == right.encoded
    }

    /// The string, when it is one.
    var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number, when it is one.
    var number: Double? {
        if case .number(let value) = self { return value }
        return nil
    }

    /// The value of an object's key; nil when there is none or it is no object.
    subscript(key: String) -> AmfValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// The bytes of the value.
    var encoded: [UInt8] {
        switch self {
        case .number(let value):
            return [0x00] + AmfValue.bigEndian(value.bitPattern, bytes: 8)
        case .boolean(let value): return [0x01, value ? 1 : 0]
        case .string(let text): return [0x02] + AmfValue.encodedKey(text)
        case .object(let members):
            let body = members.flatMap { AmfValue.encodedKey($0.key) + $0.value.encoded }
            return [0x03] + body + [0, 0, 9]
        case .null: return [0x05]
        }
    }

    private static func encodedKey(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(Int(UInt16.max)))
        return bigEndian(UInt64(bytes.count), bytes: 2) + bytes
    }

    /// A number's lowest bytes, the most significant first.
    static func bigEndian(_ value: UInt64, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(bytes - 1 - $0))) }
    }
}

/// Reads AMF0 values; everything is bounded by the bytes that there are.
struct AmfReader {
    /// No command nests deeper.
    private static let depthMax = 8
    /// No object of a command has more members.
    private static let countMax = 256

    private let bytes: [UInt8]
    /// How many bytes were read.
    private(set) var offset: Int

    /// Reads from an offset on.
    init(_ bytes: [UInt8], from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next value; nil at the end and where the bytes make no sense.
    mutating func next() -> AmfValue? { next(depth: 0) }

    private mutating func next(depth: Int) -> AmfValue? {
        guard depth <= AmfReader.depthMax, let marker = take(1)?.first else { return nil }
        switch marker {
        case 0x00: return integer(8).map { .number(Double(bitPattern: $0)) }
        case 0x01: return take(1).map { .boolean($0.first != 0) }
        case 0x02: return text(lengthBytes: 2).map { .string($0) }
        case 0x03: return object(depth)
        case 0x05, 0x06: return .null
        case 0x08:
            // An ECMA array: its claimed count means nothing, it ends like an object.
            guard take(4) != nil else { return nil }
            return object(depth)
        case 0x0A: return array(depth)
        case 0x0B:
            // A date: milliseconds and a time zone.
            guard let value = integer(8), take(2) != nil else { return nil }
            return .number(Double(bitPattern: value))
        case 0x0C: return text(lengthBytes: 4).map { .string($0) }
        default: return nil
        }
    }

    private mutating func object(_ depth: Int) -> AmfValue? {
        var members: [(key: String, value: AmfValue)] = []
        while members.count < AmfReader.countMax {
            guard let key = text(lengthBytes: 2) else { return nil }
            if key.isEmpty, offset < bytes.count, bytes[offset] == 0x09 {
                offset += 1
                return .object(members)
            }
            guard let value = next(depth: depth + 1) else { return nil }
            members.append((key, value))
        }
        return nil
    }

    /// A strict array, as an object whose keys are the places.
    private mutating func array(_ depth: Int) -> AmfValue? {
        guard let count = integer(4), count <= UInt64(AmfReader.countMax) else { return nil }
        var members: [(key: String, value: AmfValue)] = []
        for place in 0..<Int(count) {
            guard let value = next(depth: depth + 1) else { return nil }
            members.append((String(place), value))
        }
        return .object(members)
    }

    private mutating func text(lengthBytes: Int) -> String? {
        guard let length = integer(lengthBytes), length <= UInt64(bytes.count) else { return nil }
        return take(Int(length)).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func integer(_ count: Int) -> UInt64? {
        take(count)?.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }
}
