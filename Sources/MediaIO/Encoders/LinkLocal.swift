import Glibc

/// Addresses that reach no further than this machine's own link, where clouds keep secrets that a
/// playlist must not make us fetch.
enum LinkLocal {
    /// Whether a URL's host is such an address, however it is written.
    ///
    /// Names are not looked up.
    static func isNamed(in url: String) -> Bool {
        let host = EncoderAddress.host(of: EncoderAddress.authority(of: url))
        if host.hasPrefix("[") {
            var six = in6_addr()
            let text = String(host.dropFirst().prefix { $0 != "%" && $0 != "]" })
            guard inet_pton(AF_INET6, text, &six) == 1 else { return false }
            let bytes = withUnsafeBytes(of: six) { Array($0) }
            // fe80::/10, and 169.254.0.0/16 mapped into IPv6 (RFC 4291).
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF
            return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
                || isMapped && bytes[12] == 169 && bytes[13] == 254
        }
        // inet_aton knows all the ways to write the number that a resolver would take.
        var four = in_addr()
        guard inet_aton(String(host), &four) != 0 else { return false }
        return UInt32(bigEndian: four.s_addr) >> 16 == 0xA9FE
    }
}
