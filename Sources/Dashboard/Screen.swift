import CNcurses
import CTermGuard
import Glibc

/// A terminal under ncurses: canvases in, keys out.
///
/// Made, used and ended on one thread.
struct Screen: ~Copyable {
    private let handle: OpaquePointer
    private var theme: Theme
    private let isTrueColour: Bool
    private var isMouseOn = false
    /// Whether the terminal shows more than ASCII.
    let isUnicode: Bool
    private var shown: Canvas?
    private var keys = KeyParser()

    /// Starts ncurses; nil when it cannot drive this terminal.
    init?() {
        isUnicode = Screen.chooseLocale()
        guard let screen = nc_open() else { return nil }
        handle = screen
        theme = Theme()
        isTrueColour = theme.isTrueColour
        cbreak()
        noecho()
        nonl()
        curs_set(0)
        // Input is read elsewhere, and what is waiting there must not cut a refresh short.
        typeahead(-1)
        scrollok(nc_window(), false)
        // Nobody sees the cursor: moving it home after each refresh would be bytes for nothing.
        leaveok(nc_window(), true)
        // Shifting cells within a row would shift what pictures left there.
        if isTrueColour { idcok(nc_window(), false) }
    }

    /// Whether pictures have to do without colours.
    var isColourless: Bool { theme.isColourless }

    /// Listens to the mouse or leaves it to the terminal.
    mutating func setMouse(_ isOn: Bool) {
        guard isOn != isMouseOn else { return }
        isMouseOn = isOn
        Screen.write(Array((isOn ? Screen.mouseOn : Screen.mouseOff).utf8))
    }

    /// Presses and the wheel, in the form that knows more than 223 columns.
    private static let mouseOn = "\u{1B}[?1000h\u{1B}[?1006h"
    private static let mouseOff = "\u{1B}[?1006l\u{1B}[?1000l"

    /// Puts a text on the user's clipboard, if the terminal lets it.
    func copy(_ text: String) {
        Screen.write(Clipboard.sequence(text))
        if getenv("TMUX") != nil { Screen.write(Clipboard.wrapped(text)) }
    }

    /// Writes past ncurses; what it had to say has been said by the end of each refresh.
    static func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count, termguard_intact() {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }

    /// Ends ncurses, which gives the terminal back, and frees what it had.
    consuming func close() {
        setMouse(false)
        endwin()
        delscreen(handle)
    }

    /// Gives the terminal back for a while.
    mutating func leave() {
        setMouse(false)
        endwin()
    }

    /// Takes the terminal again after `leave`.
    mutating func enter() {
        reset_prog_mode()
        repaint()
    }

    /// Paints every cell at the next draw, whatever the terminal is thought to show.
    mutating func repaint() {
        shown = nil
        clearok(nc_window(), true)
    }

    /// The size in cells.
    var size: (width: Int, height: Int) {
        (Int(getmaxx(nc_window())), Int(getmaxy(nc_window())))
    }

    /// Takes over a new size of the terminal.
    mutating func resize(width: Int, height: Int) {
        guard (width, height) != size else { return }
        resizeterm(Int32(clamping: height), Int32(clamping: width))
        repaint()
    }

    /// Reads what was typed.
    ///
    /// ncurses does not: it waits within a read for the end of what it takes for a mouse report.
    mutating func readKeys() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        if count > 0 { keys.feed(buffer[..<count]) }
    }

    /// The next key that was read; nil when there is none.
    mutating func nextKey() -> Key? { keys.next() }

    /// Whether an escape was read that may begin a sequence.
    var isKeyPending: Bool { keys.isPending }

    /// The key that a pending escape was, when nothing followed.
    mutating func pendingKey() -> Key? { keys.flush() }

    /// Sends the cells that differ from the canvas before.
    mutating func draw(_ canvas: Canvas) {
        let before = shown.flatMap {
            $0.width == canvas.width && $0.height == canvas.height ? $0 : nil
        }
        if before == nil { werase(nc_window()) }
        for y in 0..<canvas.height { drawRow(y, canvas, before) }
        wrefresh(nc_window())
        if isTrueColour { Screen.write(TintWriter.bytes(canvas, before)) }
        shown = canvas
    }

    private mutating func drawRow(_ y: Int, _ canvas: Canvas, _ before: Canvas?) {
        for x in 0..<canvas.width {
            let cell = canvas[x, y]
            guard cell.width > 0 else { continue }
            if let before, before[x, y] == cell,
                cell.width == 1 || before[x + 1, y] == canvas[x + 1, y]
            {
                continue
            }
            // What was painted past ncurses it takes for a blank.
            if isTrueColour, before?[x, y].tint != nil, cell.tint == nil {
                wredrawln(nc_window(), Int32(y), 1)
            }
            put(cell, x, y)
        }
    }

    private mutating func put(_ cell: Cell, _ x: Int, _ y: Int) {
        if let tint = cell.tint { return put(tint, cell.base, x, y) }
        let pair = theme.pair(cell.style)
        let attributes = theme.attributes(cell.style)
        if isShowable(cell) {
            var text: [wchar_t] = [wchar_t(cell.base.value)]
            if cell.hasMarks { text += cell.marks.map { wchar_t($0.value) } }
            text.append(0)
            nc_put(Int32(y), Int32(x), text, attributes, pair)
        } else {
            for offset in 0..<Int(cell.width) {
                nc_put(Int32(y), Int32(x + offset), Screen.unknown, attributes, pair)
            }
        }
    }

    private static let unknown: [wchar_t] = [0x3F, 0]

    private mutating func put(_ tint: Tint, _ base: Unicode.Scalar, _ x: Int, _ y: Int) {
        if isTrueColour {
            nc_put(Int32(y), Int32(x), [0x20, 0], 0, 0)
            return
        }
        guard let pair = theme.pair(tint) else {
            theme.forgetTints()
            repaint()
            return
        }
        nc_put(Int32(y), Int32(x), [wchar_t(base.value), 0], 0, pair)
    }

    /// The C library decides how far the cursor moves: where it disagrees with the canvas, or the
    /// character set lacks the character, a question mark keeps the columns.
    private func isShowable(_ cell: Cell) -> Bool {
        if cell.base.value < 0x7F { return true }
        guard isUnicode else { return false }
        return Screen.columnsOfCLibrary(cell.base.value) == Int32(cell.width)
            && (!cell.hasMarks
                || cell.marks.allSatisfy { Screen.columnsOfCLibrary($0.value) == 0 })
    }

    /// By how many columns ncurses moves for a character; -1 for one that the locale cannot show.
    static func columnsOfCLibrary(_ value: UInt32) -> Int32 { nc_columns(wchar_t(value)) }

    /// Chooses how characters are coded; whether that is UTF-8.
    ///
    /// Only the character type is set: a decimal comma would reach the media library's options.
    private static func chooseLocale() -> Bool {
        func isUTF8() -> Bool { nl_langinfo(Int32(CODESET)).map { String(cString: $0) } == "UTF-8" }
        setlocale(LC_CTYPE, "")
        if isUTF8() { return true }
        // An explicit C or POSIX means it; a locale that is not installed does not.
        setlocale(LC_CTYPE, "C.UTF-8")
        if isUTF8(), !Screen.asksForASCII() { return true }
        setlocale(LC_CTYPE, "C")
        return false
    }

    private static func asksForASCII() -> Bool {
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            guard let value = getenv(name), value.pointee != 0 else { continue }
            return ["C", "POSIX"].contains(String(cString: value))
        }
        return false
    }
}
