/// A piece of a line that can be said in fewer words, and at last left out.
struct Segment {
    /// The ways to say it, longest first.
    let forms: [Line]
    /// Who gives way first: the lowest rank.
    let rank: Int
    /// Whether it may be left out altogether.
    let need: Need

    /// Whether a segment may be left out.
    enum Need {
        /// Always there, in its shortest form at least.
        case required
        /// Left out when there is no room.
        case optional
    }

    /// Makes a segment; `forms` has at least one.
    init(rank: Int, need: Need = .optional, _ forms: [Line]) {
        self.rank = rank
        self.need = need
        self.forms = forms
    }
}

/// Puts segments side by side, in as many words as there is room for.
enum Segments {
    /// The segments in their order with `gap` spaces between them, at most `width` columns.
    ///
    /// Segments shrink by rank: one is at its shortest before the next gives way; then what room is
    /// left goes back to the highest ranks. Nothing is ever cut in the middle; when even the shortest forms are too long, whole ones go from the right.
    static func fit(_ segments: [Segment], width: Int, gap: Int) -> Line {
        placed(segments, width: width, gap: gap).line
    }

    /// The same with the columns at which each segment came to stand; empty for one left out.
    static func placed(
        _ segments: [Segment],
        width: Int,
        gap: Int
    ) -> (line: Line, columns: [Range<Int>]) {
        var level = [Int](repeating: 0, count: segments.count)
        let order = segments.indices.sorted {
            (segments[$0].rank, $0) < (segments[$1].rank, $1)
        }
        for index in order {
            let floor = segments[index].forms.count - (segments[index].need == .required ? 1 : 0)
            while level[index] < floor, joined(segments, level, gap).width > width {
                level[index] += 1
            }
        }
        for index in order.reversed() {
            while level[index] > 0 {
                level[index] -= 1
                guard joined(segments, level, gap).width > width else { continue }
                level[index] += 1
                break
            }
        }
        var shown = segments
        while !shown.isEmpty, joined(shown, level, gap).width > width { shown.removeLast() }
        return lines(shown, level, gap)
    }

    private static func joined(_ segments: [Segment], _ level: [Int], _ gap: Int) -> Line {
        lines(segments, level, gap).line
    }

    private static func lines(
        _ segments: [Segment],
        _ level: [Int],
        _ gap: Int
    ) -> (line: Line, columns: [Range<Int>]) {
        var line = Line()
        var columns: [Range<Int>] = []
        for (segment, form) in zip(segments, level) {
            guard form < segment.forms.count, segment.forms[form].width > 0 else {
                columns.append(line.width..<line.width)
                continue
            }
            if line.width > 0 { line.add(String(repeating: " ", count: gap)) }
            let start = line.width
            line.add(segment.forms[form])
            columns.append(start..<line.width)
        }
        return (line, columns)
    }
}
