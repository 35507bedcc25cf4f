import Glibc
import Telemetry
import Testing

@testable import Dashboard

/// Every view at every size, as the files in `Screens` have it: a change there is a change that people
/// see.
///
/// Where `CANDELA_SCREENS=write` is in the environment, the files are written instead; look at them.
@Suite struct ScreenFileTests {
    /// A size and the views that are drawn at it: the whole screen of each at the small ones.
    private static let sizes = [(200, 60), (120, 40), (80, 24), (40, 12), (20, 5)]
    private static let keys = [
        "", "11", "22", "33", "55", "66", "t6", "77", "88", "99", "00", "?", "jj\r", "c", "/o",
    ]

    private static var folder: String {
        "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Screens"
    }

    /// A viewer's node after two minutes in which something happened.
    private func model(_ glyphs: GlyphSet) -> DashboardModel {
        var state = ViewState()
        state.title = "candela join"
        state.footer = "open http://127.0.0.1:8090/"
        state.glyphs = glyphs
        var model = DashboardModel(state: state)
        var play = SwarmPlay(viewers: 12, seed: 4)
        for _ in 0..<150 {
            play.step()
            model.observe(play.snapshot, at: play.time)
        }
        model.picture = Self.picture
        return model
    }

    /// A ball over a field, half of each shade.
    private static var picture: Picture? {
        let (width, height) = (64, 36)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                let isBall = (x - 44) * (x - 44) + (y - 14) * (y - 14) < 64
                pixels += isBall ? [250, 240, 230] : [UInt8(2 * x), UInt8(4 * y), 60]
            }
        }
        return Picture(width: width, height: height, pixels: pixels)
    }

    private func screens(_ width: Int, _ height: Int) -> String {
        var text = ""
        // The large sizes show most panes at once.
        let keys = height >= 40 ? ["", "jj\r", "?"] : Self.keys
        for glyphs in GlyphSet.allCases {
            for typed in keys where glyphs != .blocks || typed.isEmpty || height < 40 {
                var model = model(glyphs)
                _ = model.draw(width: width, height: height)
                for character in typed {
                    _ = model.handle(character == "\r" ? .enter : .character(character))
                    _ = model.draw(width: width, height: height)
                }
                let name = typed.replacing("\r", with: "Enter")
                text += "=== \(glyphs.name) \(name.isEmpty ? "first" : name)\n"
                text += model.draw(width: width, height: height).text + "\n"
            }
        }
        return text
    }

    @Test("draws every view as it is meant to be", arguments: sizes.indices)
    func views(_ index: Int) throws {
        let (width, height) = Self.sizes[index]
        let path = "\(Self.folder)/\(width)x\(height).txt"
        let drawn = screens(width, height)
        if getenv("CANDELA_SCREENS").map({ String(cString: $0) }) == "write" {
            try write(drawn, path)
        }
        let meant = try #require(read(path), "\(path) is missing")
        guard drawn != meant else { return }
        let both = zip(drawn.split(separator: "\n"), meant.split(separator: "\n")).enumerated()
        let first = both.first { $0.element.0 != $0.element.1 }
        let place = first.map {
            "line \($0.offset + 1): \($0.element.0) instead of \($0.element.1)"
        }
        Issue.record("\(path): \(place ?? "another length")")
    }

    @Test(
        "leaves nothing of a row outside the screen, and the key bar whole",
        arguments: sizes.indices
    )
    func sound(_ index: Int) throws {
        let (width, height) = Self.sizes[index]
        let drawn = try #require(read("\(Self.folder)/\(width)x\(height).txt"))
        for screen in drawn.split(separator: "=== ").map({ $0.split(separator: "\n") }) {
            // Rows that are empty at the end are cut there, and so is a screen's end.
            #expect(screen.count <= height + 1)
            for row in screen.dropFirst() { #expect(Line(String(row)).width <= width, "\(row)") }
        }
    }

    private func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&part, 1, part.count, file), count > 0 {
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(_ text: String, _ path: String) throws {
        let file = try #require(fopen(path, "we"))
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
