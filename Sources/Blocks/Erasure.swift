public import Basics
import CISAL
public import Wire

/// Systematic Reed–Solomon code over GF(2^8): any k of a block's k + r chunks give back the rest.
///
/// The matrix is ISA-L's `gf_gen_cauchy1_matrix`: the row of chunk i ≥ k has the coefficient
/// 1 / (i ⊕ j) for source chunk j. Every square part of a Cauchy matrix is invertible.
public enum Erasure {
    /// What a decoder gives back.
    public enum Recreation: Sendable {
        /// The missing source chunks.
        case sources
        /// The missing repair chunks too, as the source made them.
        case everything
    }

    /// The repair chunks of a block; empty when there is nothing to compute or more than 64 chunks.
    ///
    /// A chunk shorter than `symbolSize` counts as padded with zeros.
    public static func encode(
        _ source: [Bytes],
        repairCount: Int,
        symbolSize: Int
    ) -> [Bytes] {
        let count = source.count
        guard count > 0, repairCount > 0, symbolSize > 0,
            count + repairCount <= Manifest.chunksMax,
            source.allSatisfy({ $0.count <= symbolSize })
        else { return [] }
        let inputs = gather(source, symbolSize)
        let matrix = repairRows(count..<(count + repairCount), width: count)
        return combine(inputs, matrix, symbolSize)
    }

    /// All chunks of a block from any k of them; nil when fewer are there or a size is wrong.
    ///
    /// `chunks` has one entry per chunk of the manifest, nil for a missing one. Only as many rows as
    /// source chunks are missing are inverted, so the set-up is cheap and needs no cache. What comes
    /// out is as good as what went in: compare it with the manifest's hashes.
    public static func decode(
        manifest: Manifest,
        chunks: [Bytes?],
        recreating: Recreation = .sources
    ) -> [Bytes?]? {
        let count = manifest.sourceCount
        guard count > 0, chunks.count == manifest.chunkCount, areSized(chunks, manifest) else {
            return nil
        }
        let missing = (0..<count).filter { chunks[$0] == nil }
        let spare = (count..<chunks.count).filter { chunks[$0] != nil }.prefix(missing.count)
        guard spare.count == missing.count else { return nil }
        var symbols = (0..<count).map { chunks[$0] ?? .empty }
        var result = chunks
        if !missing.isEmpty {
            for (hole, substitute) in zip(missing, spare) {
                symbols[hole] = chunks[substitute] ?? .empty
            }
            let matrix = solution(missing, Array(spare), width: count)
            let solved = combine(
                gather(symbols, manifest.symbolSize),
                matrix,
                manifest.symbolSize
            )
            for (hole, symbol) in zip(missing, solved) {
                symbols[hole] = symbol.slice(0, manifest.size(of: hole))
                result[hole] = symbols[hole]
            }
        }
        let lost = (count..<chunks.count).filter { chunks[$0] == nil }
        guard recreating == .everything, !lost.isEmpty else { return result }
        let matrix = repairRows(lost, width: count)
        let made = combine(gather(symbols, manifest.symbolSize), matrix, manifest.symbolSize)
        for (index, symbol) in zip(lost, made) { result[index] = symbol }
        return result
    }

    private static func areSized(_ chunks: [Bytes?], _ manifest: Manifest) -> Bool {
        chunks.indices.allSatisfy { index in
            chunks[index].map { $0.count == manifest.size(of: index) } ?? true
        }
    }

    private static func coefficient(_ row: Int, _ column: Int) -> UInt8 {
        candela_inverse(UInt8(row ^ column))
    }

    private static func repairRows(_ rows: some Collection<Int>, width: Int) -> [UInt8] {
        rows.flatMap { row in (0..<width).map { coefficient(row, $0) } }
    }

    /// Rows that turn the present source chunks, with the spare repair chunks in the places of the
    /// missing ones, into the missing ones: with R the rows of the spare chunks, missing =
    /// R[missing]⁻¹ · (spare − R[present] · present).
    private static func solution(_ missing: [Int], _ spare: [Int], width: Int) -> [UInt8] {
        let size = missing.count
        var square = spare.flatMap { row in missing.map { coefficient(row, $0) } }
        var inverse = [UInt8](repeating: 0, count: size * size)
        let failed = candela_invert(&square, &inverse, Int32(size))
        precondition(failed == 0, "a Cauchy matrix of \(size) rows has no inverse")
        var place = [Int?](repeating: nil, count: width)
        for (at, hole) in missing.enumerated() { place[hole] = at }
        return (0..<size).flatMap { row in
            (0..<width).map { column in
                if let at = place[column] { return inverse[row * size + at] }
                return (0..<size).reduce(0) { sum, at in
                    let known = coefficient(spare[at], column)
                    return sum ^ candela_product(inverse[row * size + at], known)
                }
            }
        }
    }

    private static func gather(_ symbols: [Bytes], _ symbolSize: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(symbols.count * symbolSize)
        for symbol in symbols {
            result.append(contentsOf: symbol.storageSlice)
            let padding = symbolSize - symbol.count
            if padding > 0 { result.append(contentsOf: repeatElement(0, count: padding)) }
        }
        return result
    }

    private static func combine(
        _ inputs: [UInt8],
        _ matrix: [UInt8],
        _ symbolSize: Int
    ) -> [Bytes] {
        let width = inputs.count / symbolSize
        let rows = matrix.count / width
        let size = rows * symbolSize
        let output = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            candela_combine(
                Int32(symbolSize),
                Int32(width),
                Int32(rows),
                matrix,
                inputs,
                buffer.baseAddress
            )
            initialized = size
        }
        let whole = Bytes(output)
        return (0..<rows).map { whole.slice($0 * symbolSize, ($0 + 1) * symbolSize) }
    }
}
