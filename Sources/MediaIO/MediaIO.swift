// MediaIO turns any input into MPEG-TS, paced like the programme it carries.
//
//     SourceAddress  what the user named: a file, `-`, `rtmp://…`, `udp://…`, `pattern:…`
//     FeedOpener     opens and checks it, and picks the Feed that fits what it holds
//     Feed           TransportFileFeed  MPEG-TS files, bit for bit, paced by their PCR
//                    LiveFeed           MPEG-TS from a pipe or a socket, bit for bit, at once
//                    RemuxFeed          MP4, Matroska, …: stream-copied through libavformat
//                    PatternFeed        the built-in test picture and tone
//                    EncoderFeed        the sessions of an encoder that comes and goes, as one programme
//     EncoderLine    where such sessions come from: RTMP, SRT, HTTP, RTSP, a command
//     TransportSplice joins streams at key pictures: times, PIDs, counters and tables go on
//     Ingest         runs one feed on its own thread
//     Remux          MPEG-TS → fragmented MP4 for browsers, on its own thread
//         PesAssembler, TrackParser   packets → coded pictures and sound frames
//         RemuxedMovie, MovieWriter   → a header, then fragments of about 100 ms
//
// Every libav call of a feed happens on the thread that runs it. Nothing is written to stdout or
// stderr: libav's own log is silent, and each failure is one `IngestError`.
