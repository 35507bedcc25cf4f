import Glibc

/// Media files for the tests, made once per run by the ffmpeg command in a temporary folder.
enum Fixture {
    /// What could not be made, with the command.
    struct Failure: Error {
        let command: String
    }

    /// The clip that the repository carries: one long GOP with B-frames and AAC.
    static let bunny: String = {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(here)/Media/bunny.mp4"
    }()

    /// A new folder for files of this run; it goes when the process ends.
    static let folder: String = {
        var template = Array("/tmp/mediaio-tests-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { return "/tmp" }
        atexit { _ = system("rm -rf '\(Fixture.folder)'") }
        return String(cString: path)
    }()

    /// 4 s of MP4 with a key frame every 12 pictures, B-frames and AAC.
    static let mp4 = make("short.mp4", shortGroups + "-movflags +faststart")
    /// The same as Matroska.
    static let matroska = make("short.mkv", shortGroups)
    /// The same as MPEG-TS of constant rate, null packets included.
    static let transport = make("short.ts", shortGroups + "-muxrate 900k")

    private static let shortGroups =
        "-t 4 -s 320x180 -c:v libx264 -preset ultrafast -g 12 -bf 2 -b:v 400k -c:a aac -b:a 64k "

    /// Makes a file from the clip with these ffmpeg options; nil when ffmpeg fails.
    static func make(_ name: String, before: String = "", _ options: String) -> String? {
        let path = "\(folder)/\(name)"
        let command =
            "ffmpeg -nostdin -v error -y \(before) -i \(bunny) \(options) \(path) 2>/dev/null"
        return system(command) == 0 ? path : nil
    }

    /// Writes a file and returns its path.
    static func write(_ bytes: [UInt8], _ name: String) -> String {
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        send(bytes[...], to: descriptor)
        return path
    }

    /// Writes all bytes to a descriptor, however long it takes.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads a whole file; empty when it cannot be read.
    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Runs a command and returns what it prints; "failed: …" when it exits with an error.
    static func output(of command: String) -> String {
        let path = "\(folder)/output-\(UInt64.random(in: 0 ... .max))"
        let code = system("\(command) >\(path) 2>&1")
        let text = String(decoding: read(path), as: UTF8.self)
        unlink(path)
        return code == 0 ? text : "failed: \(text)"
    }

    /// What ffmpeg complains about when it decodes a file; empty for a sound one.
    static func complaints(about path: String) -> String {
        output(of: "ffmpeg -nostdin -v error -i \(path) -f null -")
    }

    /// The decoding times of a stream kind (`v` or `a`) as ffprobe sees them, in 90 kHz.
    static func decodingTimes(of path: String, _ kind: String) -> [Int64] {
        let command = "ffprobe -v quiet -select_streams \(kind) -show_packets \(path)"
        return output(of: command).split(separator: "\n").compactMap { line in
            line.hasPrefix("dts=") ? Int64(line.dropFirst(4)) : nil
        }
    }
}
