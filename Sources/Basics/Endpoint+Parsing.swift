extension Endpoint {
    /// Parses a numeric `192.0.2.1:4000` or `[2001:db8::1]:4000`; nil for anything else.
    ///
    /// Names are not resolved: that needs I/O and belongs to drivers.
    public init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Endpoint.decimal(text[text.index(after: colon)...], below: 65_536)
        else { return nil }
        let host = text[..<colon]
        if host.first == "[", host.last == "]" {
            guard let halves = Endpoint.parseIPv6(host.dropFirst().dropLast()) else { return nil }
            self.init(high: halves.0, low: halves.1, port: UInt16(port))
        } else {
            guard let address = Endpoint.parseIPv4(host) else { return nil }
            self.init(ipv4: address, port: UInt16(port))
        }
    }

    private static func parseIPv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let octet = decimal(part, below: 256) else { return nil }
            address = address << 8 | UInt32(octet)
        }
        return address
    }

    private static func parseIPv6(_ text: Substring) -> (UInt64, UInt64)? {
        let halves = text.components(separatedBy: "::")
        guard halves.count <= 2 else { return nil }
        let front = groups(halves[0])
        let back = halves.count == 2 ? groups(halves[1]) : []
        guard let front, let back, front.count + back.count <= 8 else { return nil }
        let missing = 8 - front.count - back.count
        guard halves.count == 2 ? missing > 0 : missing == 0 else { return nil }
        let all = front + [UInt64](repeating: 0, count: missing) + back
        let high = all[..<4].reduce(0) { $0 << 16 | $1 }
        return (high, all[4...].reduce(0) { $0 << 16 | $1 })
    }

    private static func groups(_ text: Substring) -> [UInt64]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt64] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                let group = UInt64(part, radix: 16)
            else { return nil }
            result.append(group)
        }
        return result
    }

    private static func decimal(_ text: Substring, below limit: Int) -> Int? {
        guard (1...5).contains(text.utf8.count), text.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(text), number < limit
        else { return nil }
        return number
    }
}

extension Substring {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
