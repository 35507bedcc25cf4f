import Glibc

/// The same work in C with sendmmsg and recvmmsg, compiled on the spot.
enum UdpBaseline {
    /// What there is to compare with.
    enum Outcome {
        case measured(UdpFigures)
        /// There is no compiler, or it fails; the reason in words.
        case missing(String)
    }

    /// Compiles the program in a folder of its own and runs it.
    static func measure(seconds: Double) throws(CommandFailure) -> Outcome {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let (text, program) = ("\(scratch.path)/udp.c", "\(scratch.path)/udp")
        try write(source, to: text)
        var why = "no C compiler: neither cc nor gcc nor clang is installed"
        for compiler in ["cc", "gcc", "clang"] {
            let plan = ChildProcess.Plan(
                arguments: [compiler, "-O2", "-pthread", "-o", program, text],
                errorFile: "\(scratch.path)/compiler"
            )
            guard let child = try? ChildProcess(plan) else { continue }
            defer { child.end() }
            if child.wait(seconds: 30), child.hasSucceeded {
                return try run(program, scratch.path, seconds: seconds)
            }
            why = "\(compiler) failed: \(child.lastWords)"
        }
        return .missing(why)
    }

    private static func run(
        _ program: String,
        _ folder: String,
        seconds: Double
    ) throws(CommandFailure) -> Outcome {
        let pipe = try BenchPipe()
        defer { close(pipe.readEnd) }
        let arguments = [
            program, "\(UdpFigures.datagramSize)", "\(UdpFigures.batch)",
            "\(Int(seconds * 1_000))",
        ]
        let child: ChildProcess
        do {
            defer { close(pipe.writeEnd) }
            child = try ChildProcess(
                .init(
                    arguments: arguments,
                    output: pipe.writeEnd,
                    errorFile: "\(folder)/program"
                )
            )
        }
        defer { child.end() }
        guard child.wait(seconds: seconds + 10), child.hasSucceeded else {
            return .missing("the C program failed: \(child.lastWords)")
        }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = max(0, read(pipe.readEnd, &buffer, buffer.count))
        let words = String(decoding: buffer[..<count], as: UTF8.self).split { $0.isWhitespace }
        let numbers = words.compactMap { Int64($0) }
        guard numbers.count == 5, numbers[0] > 0, numbers[2] > 0 else {
            return .missing("the C program said nothing that makes sense")
        }
        var figures = UdpFigures()
        figures.sent = Int(numbers[0])
        figures.sendTime = numbers[1]
        figures.received = Int(numbers[2])
        figures.receiveTime = numbers[3]
        figures.wall = numbers[4]
        return .measured(figures)
    }

    private static func write(_ text: String, to path: String) throws(CommandFailure) {
        let handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes { Glibc.write(handle, $0.baseAddress, $0.count) }
        if handle >= 0 { close(handle) }
        guard count == bytes.count else {
            throw CommandFailure(.io, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Prints: sent, sender's CPU ns, received, receiver's CPU ns, wall ns.
    private static let source = #"""
        #define _GNU_SOURCE
        #include <arpa/inet.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <time.h>

        static int size, batch, sink;
        static volatile int over;
        static long long received, receive_cpu;

        static long long clock_ns(clockid_t clock) {
            struct timespec t;
            clock_gettime(clock, &t);
            return t.tv_sec * 1000000000LL + t.tv_nsec;
        }

        static struct mmsghdr *messages(struct sockaddr_in *to) {
            struct mmsghdr *list = calloc(batch, sizeof *list);
            for (int i = 0; i < batch; i++) {
                struct iovec *part = calloc(1, sizeof *part);
                part->iov_base = calloc(1, 2048);
                part->iov_len = to ? size : 2048;
                memset(part->iov_base, 7, size);
                list[i].msg_hdr.msg_iov = part;
                list[i].msg_hdr.msg_iovlen = 1;
                list[i].msg_hdr.msg_name = to ? to : calloc(1, sizeof *to);
                list[i].msg_hdr.msg_namelen = sizeof *to;
            }
            return list;
        }

        static void *receive(void *unused) {
            struct mmsghdr *list = messages(NULL);
            long long start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
            while (!over) {
                int count = recvmmsg(sink, list, batch, MSG_WAITFORONE, NULL);
                if (count > 0) received += count;
            }
            receive_cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
            return unused;
        }

        int main(int count, char **words) {
            if (count != 4) return 64;
            size = atoi(words[1]), batch = atoi(words[2]);
            long long length = atoll(words[3]) * 1000000LL, sent = 0;
            struct sockaddr_in to = {.sin_family = AF_INET};
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            socklen_t length_of_name = sizeof to;
            int room = 4 << 20, out_room = 1 << 20;
            struct timeval patience = {0, 100000};
            sink = socket(AF_INET, SOCK_DGRAM, 0);
            int source = socket(AF_INET, SOCK_DGRAM, 0);
            setsockopt(sink, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
            setsockopt(sink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            setsockopt(source, SOL_SOCKET, SO_SNDBUF, &out_room, sizeof out_room);
            if (bind(sink, (struct sockaddr *)&to, sizeof to)) return 71;
            getsockname(sink, (struct sockaddr *)&to, &length_of_name);
            pthread_t thread;
            if (pthread_create(&thread, NULL, receive, NULL)) return 71;
            struct mmsghdr *list = messages(&to);
            long long begin = clock_ns(CLOCK_MONOTONIC);
            long long cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), wall = 0;
            while ((wall = clock_ns(CLOCK_MONOTONIC) - begin) < length) {
                int done = sendmmsg(source, list, batch, 0);
                if (done > 0) sent += done;
            }
            cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
            over = 1;
            pthread_join(thread, NULL);
            printf("%lld %lld %lld %lld %lld\n", sent, cpu, received, receive_cpu, wall);
            return 0;
        }
        """#
}
