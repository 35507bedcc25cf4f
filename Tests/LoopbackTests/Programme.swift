import Crypto
import Glibc
import Testing

/// A real transport stream, and how it falls into groups of pictures.
enum Programme {
    /// How much faster than real time it is published.
    static let speed = 3.0

    /// A folder for files of this run; it goes when the tests end.
    static let folder: String = {
        var template = Array("/tmp/loopback-tests-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { return "/tmp" }
        atexit { _ = system("rm -rf \(Programme.folder)") }
        return String(cString: path)
    }()

    /// About 26 s of the repository's clip with a key frame every 12 pictures; nil without ffmpeg.
    static let bytes: [UInt8]? = {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let output = "\(folder)/programme.ts"
        let command =
            "ffmpeg -nostdin -v error -y -stream_loop 4 -i /\(here)/Media/bunny.mp4 -s 320x180"
            + " -c:v libx264 -preset ultrafast -g 12 -bf 2 -b:v 200k -c:a aac -ac 2 -b:a 32k"
            + " -mpegts_flags +resend_headers+pat_pmt_at_frames \(output)"
        return run(command).isEmpty ? read(output) : nil
    }()

    /// How long the programme plays.
    static let seconds = 26.5

    /// The first groups of a stream, whole, of about so many percent of its bytes.
    static func part(of bytes: [UInt8], percent: Int) -> [UInt8] {
        let end = starts(of: bytes).last { $0 <= bytes.count * percent / 100 } ?? 0
        return Array(bytes[..<end])
    }

    /// Runs a command: what it says, empty for a success without a word.
    static func run(_ command: String) -> String {
        let path = "\(folder)/said-\(UInt64.random(in: 0 ... .max))"
        let code = system("\(command) >\(path) 2>&1")
        let said = String(decoding: read(path), as: UTF8.self)
        unlink(path)
        return code == 0 ? said : "failed: \(said)"
    }

    /// Writes a file and returns its path.
    static func write(_ bytes: [UInt8], _ name: String) -> String {
        let path = "\(folder)/\(name)"
        let handle = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(handle) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return path
    }

    /// The content of a file; empty when it cannot be read.
    static func read(_ path: String) -> [UInt8] {
        let handle = open(path, O_RDONLY)
        guard handle >= 0 else { return [] }
        defer { close(handle) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(handle, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The SHA-256 of every group of pictures.
    static func groups(of bytes: [UInt8]) -> [SHA256.Digest] {
        let starts = starts(of: bytes)
        return zip(starts, starts.dropFirst() + [bytes.count]).map { start, end in
            SHA256.hash(data: bytes[start..<end])
        }
    }

    /// Where groups begin: with the tables before a key frame.
    ///
    /// What stands before the first key frame is a group of its own.
    private static func starts(of bytes: [UInt8]) -> [Int] {
        var starts: [Int] = []
        var tablesAt: Int?
        for at in stride(from: 0, to: bytes.count - 187, by: 188) {
            let pid = Int(bytes[at + 1] & 0x1F) << 8 | Int(bytes[at + 2])
            if pid <= 0x14 || pid == 0x1000 {
                tablesAt = tablesAt ?? at
                continue
            }
            let isKey = bytes[at + 3] & 0x20 != 0 && bytes[at + 4] > 0 && bytes[at + 5] & 0x40 != 0
            if pid == 0x100, isKey { starts.append(tablesAt ?? at) }
            tablesAt = nil
        }
        if starts.first != 0 { starts.insert(0, at: 0) }
        return starts
    }
}
