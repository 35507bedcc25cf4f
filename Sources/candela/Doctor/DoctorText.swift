import Glibc

/// Findings as lines for people: a sign, a title, sentences; what to do below.
struct DoctorText {
    /// Whether signs have colours besides their shapes.
    enum Colours {
        case on
        case off
    }

    /// Which signs there are.
    enum Signs {
        case unicode
        case ascii
    }

    var colours: Colours
    var signs: Signs
    /// Lines are broken to be no longer than this.
    var width: Int

    /// Fits what is behind a handle: a terminal of some width, or a file.
    init(for handle: Int32) {
        let isTerminal = isatty(handle) == 1
        let terminal = Environment.value("TERM") ?? "dumb"
        let isPlain = Environment.value("NO_COLOR") != nil || terminal == "dumb"
        colours = isTerminal && !isPlain ? .on : .off
        let locale =
            Environment.value("LC_ALL") ?? Environment.value("LC_CTYPE")
            ?? Environment.value("LANG") ?? ""
        let isUnicode =
            locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
        signs = isUnicode ? .unicode : .ascii
        var size = winsize()
        let isKnown = isTerminal && ioctl(handle, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? min(max(Int(size.ws_col), 30), 100) : 100
    }

    /// With everything said.
    init(_ colours: Colours, _ signs: Signs, width: Int) {
        (self.colours, self.signs, self.width) = (colours, signs, width)
    }

    /// The lines of a finding.
    func lines(_ finding: Finding) -> [String] {
        let sign = sign(finding.verdict)
        let indent = String(repeating: " ", count: sign.count + 1)
        let text = "\(finding.subject.title): \(finding.text)"
        var lines = wrapped(text, first: sign + " ", then: indent)
        if let first = lines.first {
            lines[0] = coloured(sign, finding.verdict) + first.dropFirst(sign.count)
        }
        if let advice = finding.advice {
            let arrow = signs == .unicode ? "→ " : "-> "
            let below = indent + String(repeating: " ", count: arrow.count)
            lines += wrapped(advice, first: indent + arrow, then: below)
        }
        return lines
    }

    /// The lines of the conclusion.
    func lines(_ diagnosis: Diagnosis) -> [String] {
        let verdict: Finding.Verdict =
            switch diagnosis.joining {
            case .some(true): .good
            case .some(false): .bad
            case .none: .unknown
            }
        let sign = sign(verdict)
        var lines = wrapped(diagnosis.summary, first: sign + " ", then: "  ")
        if let first = lines.first {
            lines[0] = coloured(sign, verdict) + first.dropFirst(sign.count)
        }
        return [""] + lines
    }

    private func sign(_ verdict: Finding.Verdict) -> String {
        switch (signs, verdict) {
        case (.unicode, .good): "✓"
        case (.unicode, .note): "·"
        case (.unicode, .warning): "!"
        case (.unicode, .bad): "✗"
        case (.unicode, .unknown): "?"
        case (.ascii, .good): "[ok]"
        case (.ascii, .note): "[--]"
        case (.ascii, .warning): "[! ]"
        case (.ascii, .bad): "[NO]"
        case (.ascii, .unknown): "[??]"
        }
    }

    private func coloured(_ sign: String, _ verdict: Finding.Verdict) -> String {
        let code: String? =
            switch verdict {
            case .good: "32"
            case .warning: "33"
            case .bad: "31"
            case .note, .unknown: nil
            }
        guard colours == .on, let code else { return sign }
        return "\u{1B}[1;\(code)m\(sign)\u{1B}[0m"
    }

    /// Breaks a text between words.
    private func wrapped(_ text: String, first: String, then: String) -> [String] {
        var lines = [first]
        var isFresh = true
        for word in text.split(separator: " ") {
            let last = lines.count - 1
            if !isFresh, lines[last].count + 1 + word.count > width {
                lines.append(then + word)
            } else {
                lines[last] += (isFresh ? "" : " ") + word
            }
            isFresh = false
        }
        return lines
    }
}
