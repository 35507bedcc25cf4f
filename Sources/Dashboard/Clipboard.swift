/// The terminal's own way to the user's clipboard, also over a network.
enum Clipboard {
    /// The longest text that is copied, in bytes: xterm's bound on the sequence is far above it.
    static let bytesMax = 4_096

    /// The sequence that puts a text on the clipboard (OSC 52); its content is Base64, so that no
    /// character of the text reaches the terminal.
    static func sequence(_ text: String) -> [UInt8] {
        let bytes = Array(TextWidth.printable(text).utf8.prefix(bytesMax))
        return Array("\u{1B}]52;c;".utf8) + base64(bytes) + [0x07]
    }

    /// The same for the terminal outside of tmux, which passes on what is wrapped so where it is allowed to
    /// (its option `allow-passthrough`) and forwards the plain sequence where it is not, but told to
    /// (`set-clipboard on`).
    static func wrapped(_ text: String) -> [UInt8] {
        let doubled = sequence(text).flatMap { $0 == 0x1B ? [0x1B, $0] : [$0] }
        return Array("\u{1B}Ptmux;".utf8) + doubled + Array("\u{1B}\\".utf8)
    }

    /// Base64 with padding (RFC 4648 section 4).
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            var group = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            group <<= UInt32(8 * (3 - part.count))
            for digit in 0..<4 {
                let value = Int(group >> UInt32(18 - 6 * digit) & 0x3F)
                result.append(digit <= part.count ? digits[value] : UInt8(ascii: "="))
            }
        }
        return result
    }
}
