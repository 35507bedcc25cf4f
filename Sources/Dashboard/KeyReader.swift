import CNcurses
import Glibc

/// Turns what ncurses reads into keys.
struct KeyReader {
    /// No more codes than this are skipped in search of one that means something.
    private static let codesMax = 256

    /// The next key that waits; nil when there is none.
    mutating func next() -> Key? {
        for _ in 0..<KeyReader.codesMax {
            var code: wint_t = 0
            let result = wget_wch(nc_window(), &code)
            if result == ERR { return nil }
            let key = result == KEY_CODE_YES ? function(Int32(code)) : character(code)
            if let key { return key }
        }
        return nil
    }

    private func function(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_BTAB: .backTab
        case KEY_ENTER: .enter
        case KEY_BACKSPACE, KEY_DC: .backspace
        case KEY_MOUSE: mouse()
        default: nil
        }
    }

    private func mouse() -> Key? {
        var event = MEVENT()
        guard getmouse(&event) == OK else { return nil }
        let point = Point(x: Int(event.x), y: Int(event.y))
        if event.bstate & nc_wheel_up != 0 { return .mouse(.wheelUp, point) }
        if event.bstate & nc_wheel_down != 0 { return .mouse(.wheelDown, point) }
        return event.bstate & nc_press != 0 ? .mouse(.press, point) : nil
    }

    private func character(_ code: wint_t) -> Key? {
        switch code {
        case 0x03: return .interrupt
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x0A, 0x0D: return .enter
        case 0x0C: return .redraw
        case 0x1B: return .escape
        default:
            guard code >= 0x20, let scalar = Unicode.Scalar(code) else { return nil }
            return .character(Character(scalar))
        }
    }
}
