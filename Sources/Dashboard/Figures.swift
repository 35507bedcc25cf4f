/// Numbers as people read them; unknown is a dash, never 0, and no value can trap.
struct Figures: Sendable {
    /// The characters in use.
    let glyphs: GlyphSet

    /// The sign of what is below 0, in running text.
    var minus: String { glyphs == .ascii ? "-" : "−" }

    /// Milliseconds as seconds: `0.42s`, `12.3s`, `999s`.
    func seconds(_ milliseconds: Double?) -> String {
        guard let milliseconds = known(milliseconds) else { return glyphs.unknown }
        let seconds = milliseconds / 1_000
        if abs(seconds) >= 999 { return ">999s" }
        if abs(seconds) >= 99.95 { return Figures.fixed(seconds, 0) + "s" }
        return Figures.fixed(seconds, abs(seconds) < 9.995 ? 2 : 1) + "s"
    }

    /// The same in at most four columns: `0.4s`, `12s`, `999s`.
    func secondsShort(_ milliseconds: Double?) -> String {
        guard let milliseconds = known(milliseconds) else { return glyphs.unknown }
        let seconds = min(max(-99, milliseconds / 1_000), 999)
        return Figures.fixed(seconds, (-0.05..<9.95).contains(seconds) ? 1 : 0) + "s"
    }

    /// A count; unknown is a dash.
    func count(_ value: Int?) -> String { value.map { "\($0)" } ?? glyphs.unknown }

    /// Milliseconds: `4.2`, `87`, `>99999`.
    func milliseconds(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        if value >= 99_999 { return ">99999" }
        return Figures.fixed(value, abs(value) < 9.95 ? 1 : 0)
    }

    /// A share where 1 is all and anything less must not look like it: `100%`, `99.98%`, `87.5%`.
    func portion(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        if value >= 1 { return "100%" }
        let scale = value >= 0.99 ? 100.0 : 10.0
        let floored = (max(0, value) * 100 * scale).rounded(.down) / scale
        return Figures.fixed(floored, value >= 0.99 ? 2 : 1) + "%"
    }

    /// A share where 0 is best: `0%`, `0.4%`, `12%`; a little is never shown as nothing.
    func loss(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        if value <= 0 { return "0%" }
        if value < 0.0005 { return "<0.1%" }
        return Figures.fixed(min(value, 99.99) * 100, value < 0.0995 ? 1 : 0) + "%"
    }

    /// Bits per second: `850k`, `3.1M`.
    func rate(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where value >= 0.9995 * size {
            let amount = min(value / size, 9_999)
            return Figures.fixed(amount, amount < 9.95 ? 1 : 0) + unit
        }
        return Figures.fixed(value, 0)
    }

    /// Bits per second with the unit spelt out: `3.1 Mbit/s`.
    func rateInWords(_ value: Double?) -> String {
        let short = rate(value)
        guard let last = short.last else { return short }
        if "GMk".contains(last) { return "\(short.dropLast()) \(last)bit/s" }
        return known(value) == nil ? short : "\(short) bit/s"
    }

    /// How long ago, in at most four columns: `now`, `12s`, `4m`, `3h`.
    func ago(_ seconds: Double?) -> String {
        guard let seconds = known(seconds) else { return glyphs.unknown }
        if seconds < 2 { return "now" }
        if seconds < 100 { return Figures.fixed(seconds, 0) + "s" }
        if seconds < 6_000 { return Figures.fixed(seconds / 60, 0) + "m" }
        return Figures.fixed(min(seconds / 3_600, 999), 0) + "h"
    }

    /// A share of which the nearest per cent is enough: `70%`.
    func percent(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        return Figures.fixed(min(max(0, value), 99.99) * 100, 0) + "%"
    }

    /// How many times: `×1.8`.
    func factor(_ value: Double?) -> String {
        guard let value = known(value) else { return glyphs.unknown }
        return glyphs.times + Figures.fixed(min(value, 99_999), value < 9.95 ? 2 : 1)
    }

    /// A stretch of time: `0:42`, `1:02:03`, `3d 04:05`.
    static func duration(_ seconds: Double) -> String {
        let total = whole(seconds)
        let (minutes, hours) = (total / 60 % 60, total / 3_600)
        if hours >= 100 { return "\(hours / 24)d \(two(hours % 24)):\(two(minutes))" }
        if hours > 0 { return "\(hours):\(two(minutes)):\(two(total % 60))" }
        return "\(minutes):\(two(total % 60))"
    }

    /// The time of day, `offset` seconds east of UTC: `12:04:31`.
    static func clock(_ seconds: Double, offset: Int) -> String {
        let day = 86_400
        let second = ((whole(seconds) + offset % day) % day + day) % day
        return "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    /// A decimal number with a fixed count of decimals, without a locale.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        let scale = [1.0, 10, 100, 1_000][min(max(0, decimals), 3)]
        let scaled = (min(max(-1e15, value), 1e15) * scale).rounded()
        guard scaled.isFinite else { return "?" }
        let digits = Int64(abs(scaled))
        let sign = scaled < 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(digits)" }
        let divisor = Int64(scale)
        let rest = String(digits % divisor)
        let zeros = String(repeating: "0", count: max(0, min(decimals, 3) - rest.count))
        return "\(sign)\(digits / divisor).\(zeros)\(rest)"
    }

    private func known(_ value: Double?) -> Double? {
        guard let value, value.isFinite else { return nil }
        return value
    }

    private static func whole(_ seconds: Double) -> Int {
        seconds.isFinite ? Int(min(max(0, seconds), 1e12)) : 0
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
