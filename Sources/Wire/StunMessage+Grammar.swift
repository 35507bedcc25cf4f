public import Basics

/// The attributes, and how a message is read and written.
extension StunMessage {
    private enum Attribute: UInt16 {
        case mappedAddress = 0x0001
        case changeRequest = 0x0003
        case username = 0x0006
        case messageIntegrity = 0x0008
        case errorCode = 0x0009
        case unknownAttributes = 0x000A
        case realm = 0x0014
        case nonce = 0x0015
        case messageIntegritySHA256 = 0x001C
        case passwordAlgorithm = 0x001D
        case userhash = 0x001E
        case xorMappedAddress = 0x0020
        case priority = 0x0024
        case useCandidate = 0x0025
        case padding = 0x0026
        case responsePort = 0x0027
        case software = 0x8022
        case fingerprint = 0x8028
        case responseOrigin = 0x802B
        case otherAddress = 0x802C
    }

    /// How an address stands in a message.
    private enum Form {
        case plain
        case masked
    }

    /// A CRC is told apart from others by this (RFC 8489 section 14.7).
    private static let fingerprintMask: UInt32 = 0x5354_554E
    /// Attributes below this must be understood (RFC 8489 section 14).
    private static let optionalFrom: UInt16 = 0x8000

    /// Reads a Binding message; other methods are refused.
    ///
    /// A repeated attribute counts once. What follows MESSAGE-INTEGRITY is ignored, but for the
    /// fingerprint. A fingerprint that is wrong or not the last voids the message.
    public init(parsing datagram: Bytes) throws(WireError) {
        guard datagram.count <= StunMessage.sizeMax else { throw .tooLong }
        guard datagram.count >= StunMessage.headerSize else { throw .truncated }
        guard StunMessage.isLikely(datagram), datagram.count.isMultiple(of: 4) else {
            throw .badValue
        }
        var reader = ByteReader(datagram)
        guard let kind = Kind(rawValue: try reader.u16()) else { throw .badValue }
        _ = try reader.u16()
        let cookie = try reader.u32()
        self.init(kind, Transaction(high: try reader.u32(), low: try reader.u64()))
        self.cookie = cookie
        var seen: Set<UInt16> = []
        var isSealed = false
        while reader.remaining > 0 {
            guard fingerprint == .absent else { throw .badValue }
            let start = reader.position
            let type = try reader.u16()
            let length = Int(try reader.u16())
            let value = try reader.take(length)
            _ = try reader.take((4 - length % 4) % 4)
            if type == Attribute.fingerprint.rawValue {
                try check(value, of: datagram.slice(0, start))
            } else if !isSealed, seen.insert(type).inserted {
                try take(type, value)
                isSealed = type == Attribute.messageIntegrity.rawValue
            }
        }
    }

    private mutating func take(_ type: UInt16, _ value: Bytes) throws(WireError) {
        guard let attribute = Attribute(rawValue: type) else {
            if type < StunMessage.optionalFrom, unknown.count < StunMessage.unknownMax {
                unknown.append(type)
            }
            return
        }
        var reader = ByteReader(value)
        switch attribute {
        case .xorMappedAddress: mapped = try address(&reader, .masked)
        case .mappedAddress: if mapped == nil { mapped = try address(&reader, .plain) }
        case .responseOrigin: origin = try address(&reader, .plain)
        case .otherAddress: otherAddress = try address(&reader, .plain)
        case .changeRequest: change = Change(rawValue: try reader.u32())
        case .responsePort: responsePort = try reader.u16()
        case .errorCode: errorCode = try StunMessage.code(&reader)
        case .software:
            guard value.count <= StunMessage.softwareMax else { throw .tooLong }
            software = String(decoding: value.storageSlice, as: UTF8.self)
        case .unknownAttributes:
            while reader.remaining >= 2, unknown.count < StunMessage.unknownMax {
                unknown.append(try reader.u16())
            }
        case .username, .messageIntegrity, .realm, .nonce, .messageIntegritySHA256,
            .passwordAlgorithm, .userhash, .priority, .useCandidate, .padding, .fingerprint:
            break
        }
    }

    private static func code(_ reader: inout ByteReader) throws(WireError) -> UInt16 {
        let word = try reader.u32()
        let (hundreds, rest) = (UInt16(word >> 8 & 7), UInt16(word & 0xFF))
        guard (3...6).contains(hundreds), rest < 100 else { throw .badValue }
        return hundreds * 100 + rest
    }

    /// Reads an address: a family, a port, 4 or 16 bytes.
    private func address(_ reader: inout ByteReader, _ form: Form) throws(WireError) -> Endpoint {
        let family = try reader.u16() & 0xFF
        let mask = mask(form)
        let port = try reader.u16() ^ UInt16(mask.first >> 16)
        switch (family, reader.remaining) {
        case (1, 4): return Endpoint(ipv4: try reader.u32() ^ mask.first, port: port)
        case (2, 16):
            let high = try reader.u64() ^ mask.high
            return Endpoint(high: high, low: try reader.u64() ^ mask.low, port: port)
        default: throw .badValue
        }
    }

    /// What an address is masked with: the cookie, then the transaction.
    private func mask(_ form: Form) -> (first: UInt32, high: UInt64, low: UInt64) {
        switch form {
        case .plain: return (0, 0, 0)
        case .masked:
            let cookie = StunMessage.magicCookie
            return (cookie, UInt64(cookie) << 32 | UInt64(transaction.high), transaction.low)
        }
    }

    private mutating func check(_ value: Bytes, of before: Bytes) throws(WireError) {
        var reader = ByteReader(value)
        let told = try reader.u32()
        guard reader.remaining == 0,
            told == Crc32.of(before.storageSlice) ^ StunMessage.fingerprintMask
        else { throw .badValue }
        fingerprint = .present
    }

    /// The message as a datagram; texts and lists are cut to their bounds.
    public var emitted: [UInt8] {
        var body = ByteWriter()
        if let mapped, isOld { put(.mappedAddress, mapped, .plain, into: &body) }
        if let mapped, !isOld { put(.xorMappedAddress, mapped, .masked, into: &body) }
        if let origin { put(.responseOrigin, origin, .plain, into: &body) }
        if let otherAddress { put(.otherAddress, otherAddress, .plain, into: &body) }
        if !change.isEmpty { put(.changeRequest, words: [change.rawValue], into: &body) }
        if let responsePort { put(.responsePort, words: [UInt32(responsePort) << 16], into: &body) }
        if let errorCode {
            let word = UInt32(errorCode / 100 & 7) << 8 | UInt32(errorCode % 100)
            put(.errorCode, words: [word], into: &body)
        }
        if kind == .failure, !unknown.isEmpty {
            let list = unknown.prefix(StunMessage.unknownMax)
            put(
                .unknownAttributes,
                list.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] },
                into: &body
            )
        }
        if let software {
            var cut = Substring(software)
            while cut.utf8.count > StunMessage.softwareMax { cut = cut.dropLast() }
            put(.software, Array(cut.utf8), into: &body)
        }
        return framed(body.bytes)
    }

    private func framed(_ attributes: [UInt8]) -> [UInt8] {
        let size = attributes.count + (fingerprint == .present ? 8 : 0)
        var writer = ByteWriter(capacity: StunMessage.headerSize + size)
        writer.u16(kind.rawValue)
        writer.u16(UInt16(truncatingIfNeeded: size))
        writer.u32(cookie)
        writer.u32(transaction.high)
        writer.u64(transaction.low)
        writer.raw(attributes)
        if fingerprint == .present {
            let crc = Crc32.of(writer.bytes) ^ StunMessage.fingerprintMask
            put(.fingerprint, words: [crc], into: &writer)
        }
        return writer.bytes
    }

    private func put(
        _ attribute: Attribute,
        _ endpoint: Endpoint,
        _ form: Form,
        into writer: inout ByteWriter
    ) {
        let mask = mask(form)
        var value = ByteWriter(capacity: 20)
        value.u16(endpoint.ipv4 == nil ? 2 : 1)
        value.u16(endpoint.port ^ UInt16(mask.first >> 16))
        if let ipv4 = endpoint.ipv4 {
            value.u32(ipv4 ^ mask.first)
        } else {
            value.u64(endpoint.high ^ mask.high)
            value.u64(endpoint.low ^ mask.low)
        }
        put(attribute, value.bytes, into: &writer)
    }

    private func put(_ attribute: Attribute, words: [UInt32], into writer: inout ByteWriter) {
        var value = ByteWriter()
        for word in words { value.u32(word) }
        put(attribute, value.bytes, into: &writer)
    }

    private func put(_ attribute: Attribute, _ value: [UInt8], into writer: inout ByteWriter) {
        writer.u16(attribute.rawValue)
        writer.u16(UInt16(truncatingIfNeeded: value.count))
        writer.raw(value)
        writer.raw([UInt8](repeating: 0, count: (4 - value.count % 4) % 4))
    }
}
