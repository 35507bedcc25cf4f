/// Turns the bytes of a terminal into keys.
///
/// The sequences are those of xterm (ctlseqs, "PC-Style Function Keys" and "Mouse Tracking"), which every
/// terminal in use sends for the keys that matter here. Unknown sequences are skipped as a whole, so
/// that no part of one is taken for a command. Nothing here waits: a sequence may come in pieces.
struct KeyParser {
    private var bytes: [UInt8] = []
    private var at = 0

    /// The longest sequence that is waited for; more is no sequence.
    private static let sequenceMax = 64
    /// More bytes than this are dropped: somebody pastes a file.
    private static let bytesMax = 1 << 16

    /// Takes what the terminal sent.
    mutating func feed(_ new: some Sequence<UInt8>) {
        bytes.removeFirst(at)
        at = 0
        bytes += new
        if bytes.count > KeyParser.bytesMax { bytes.removeAll() }
    }

    /// Whether a sequence has begun and not ended.
    var isPending: Bool { at < bytes.count }

    /// The next key; nil when none is complete.
    mutating func next() -> Key? {
        while at < bytes.count {
            guard let (key, count) = key() else { return nil }
            at += count
            if let key { return key }
        }
        return nil
    }

    /// No more comes of a sequence that has begun: it was the escape key, or nothing.
    mutating func flush() -> Key? {
        guard at < bytes.count else { return nil }
        let isEscape = bytes[at] == 0x1B
        at += 1
        return isEscape ? .escape : nil
    }

    /// The key at the present place, nil for what means nothing, and its length; nil when incomplete.
    private func key() -> (Key?, Int)? {
        switch bytes[at] {
        case 0x03: (.interrupt, 1)
        case 0x08, 0x7F: (.backspace, 1)
        case 0x09: (.tab, 1)
        case 0x0A, 0x0D: (.enter, 1)
        case 0x0C: (.redraw, 1)
        case 0x15: (.eraseAll, 1)
        case 0x17: (.eraseWord, 1)
        case 0x1B: escape()
        case 0x00..<0x20: (nil, 1)
        default: character()
        }
    }

    private func character() -> (Key?, Int)? {
        let length =
            switch bytes[at] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        guard at + length <= bytes.count else { return nil }
        let part = bytes[at..<at + length]
        guard let text = String(validating: part, as: UTF8.self), let first = text.first else {
            return (nil, 1)
        }
        return (.character(first), length)
    }

    private func escape() -> (Key?, Int)? {
        guard at + 1 < bytes.count else { return nil }
        switch bytes[at + 1] {
        case UInt8(ascii: "["): return control()
        case UInt8(ascii: "O"):
            guard at + 2 < bytes.count else { return nil }
            return (KeyParser.letter(bytes[at + 2]), 3)
        case 0x1B: return (.escape, 1)
        default: return (nil, 2)
        }
    }

    /// `ESC [`, parameters, a letter; or a mouse report.
    private func control() -> (Key?, Int)? {
        var end = at + 2
        while end < bytes.count, !(0x40...0x7E).contains(bytes[end]) || bytes[end] == 0x5B {
            end += 1
            guard end - at <= KeyParser.sequenceMax else { return (nil, end - at) }
        }
        guard end < bytes.count else { return nil }
        let parameters = bytes[at + 2..<end]
        let length = end + 1 - at
        switch bytes[end] {
        case UInt8(ascii: "M") where parameters.isEmpty:
            guard end + 3 < bytes.count else { return nil }
            let report = bytes[end + 1...end + 3].map { Int($0) - 32 }
            return (KeyParser.mouse(report[0], report[1], report[2]), length + 3)
        case UInt8(ascii: "M"): return (KeyParser.report(parameters), length)
        case UInt8(ascii: "m"): return (nil, length)
        case UInt8(ascii: "~"): return (KeyParser.numbered(parameters), length)
        default: return (KeyParser.letter(bytes[end]), length)
        }
    }

    private static func letter(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "Z"): .backTab
        case UInt8(ascii: "M"): .enter
        default: nil
        }
    }

    private static func numbered(_ parameters: ArraySlice<UInt8>) -> Key? {
        switch numbers(parameters).first {
        case 1, 7: .home
        case 3: .backspace
        case 4, 8: .end
        case 5: .pageUp
        case 6: .pageDown
        default: nil
        }
    }

    /// A press as mode 1006 tells it: `<button;column;row`.
    private static func report(_ parameters: ArraySlice<UInt8>) -> Key? {
        guard parameters.first == UInt8(ascii: "<") else { return nil }
        let values = numbers(parameters.dropFirst())
        return values.count == 3 ? mouse(values[0], values[1], values[2]) : nil
    }

    private static func mouse(_ button: Int, _ column: Int, _ row: Int) -> Key? {
        let point = Point(x: column - 1, y: row - 1)
        switch button {
        case 0: return .mouse(.press, point)
        case 64: return .mouse(.wheelUp, point)
        case 65: return .mouse(.wheelDown, point)
        default: return nil
        }
    }

    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int] {
        bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
            digits.prefix(6).reduce(0) { $0 * 10 + max(0, min(9, Int($1) - 48)) }
        }
    }
}
