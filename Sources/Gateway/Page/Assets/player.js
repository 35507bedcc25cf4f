// Plays live.mp4 through Media Source Extensions and stays close to the live edge.

const video = document.getElementById("video");
const screen = document.getElementById("screen");
const element = (id) => document.getElementById(id);
const Source = window.ManagedMediaSource ?? window.MediaSource;

/// How far behind the newest media the playout point should be, in seconds: it rises when playback
/// stalls and comes down again while it does not.
const goal = { least: 0.45, most: 1.0, now: 0.45 };
/// Beyond so many seconds playback jumps; below, it runs a little faster until it has caught up.
const jumpAt = 2.5;
/// A pause of more seconds ends the download; playing on then means going live.
const pauseKept = 25;
/// How much of the past is kept, in seconds.
const pastKept = 40;

export const player = {
  state: "waiting", behind: null, codecs: null, firstFrameMs: null, stalls: 0, jumps: 0,
};
let wantsPause = false;
let pausedAt = 0;
let session = null;
const openedAt = performance.now();

function setState(state, title = "", text = "") {
  player.state = state;
  screen.dataset.state = state;
  element("veil-title").textContent = title;
  element("veil-text").textContent = text;
  element("veil-button").hidden = state !== "blocked";
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/// The words for codecs that this browser lacks.
function codecWords(type) {
  const names = [];
  if (/avc1/.test(type)) names.push("H.264");
  if (/hvc1|hev1/.test(type)) names.push("HEVC");
  if (/mp4a\.40/.test(type)) names.push("AAC");
  if (/mp4a\.6B/.test(type)) names.push("MP3");
  return names.join(" with ") || type;
}

class Session {
  constructor() {
    this.abort = new AbortController();
    this.queue = [];
    this.queued = 0;
    this.hasStarted = false;
  }

  /// Runs until the stream ends, fails or is aborted; returns how long to wait before the next try.
  async run() {
    const response = await fetch("live.mp4?burst=0.5", { signal: this.abort.signal, cache: "no-store" });
    if (!response.ok) {
      const text = (await response.text()).trim();
      if (response.status === 415) setState("trouble", "This stream does not play in a browser", `${text} Open live.ts in VLC or mpv instead.`);
      else setState("waiting", "Waiting for the stream", text);
      return response.status === 415 ? 5000 : 700;
    }
    const type = response.headers.get("Content-Type");
    if (!Source.isTypeSupported(type)) {
      setState("trouble", "This browser lacks a decoder", `The stream is ${codecWords(type)}. Try another browser, or open live.ts in VLC or mpv.`);
      return 10000;
    }
    player.codecs = type;
    await this.open(type);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      this.queue.push(value);
      this.queued += value.length;
      if (this.queued > 48e6) throw new Error("the decoder does not keep up");
      this.append();
      if (this.failure) throw this.failure;
    }
    return 300;
  }

  async open(type) {
    this.media = new Source();
    if (window.ManagedMediaSource) video.disableRemotePlayback = true;
    this.url = URL.createObjectURL(this.media);
    const isOpen = new Promise((done) => this.media.addEventListener("sourceopen", done, { once: true }));
    video.src = this.url;
    await isOpen;
    URL.revokeObjectURL(this.url);
    this.buffer = this.media.addSourceBuffer(type);
    this.buffer.addEventListener("updateend", () => { this.follow(); this.append(); });
    this.buffer.addEventListener("error", () => { this.failure = new Error("the decoder refused the stream"); });
  }

  /// Gives the source buffer what has come, all at once.
  append() {
    const buffer = this.buffer;
    if (!buffer || buffer.updating || this.queue.length === 0 || this.media.readyState !== "open") return;
    if (this.trim()) return;
    const whole = new Uint8Array(this.queued);
    let place = 0;
    for (const piece of this.queue) { whole.set(piece, place); place += piece.length; }
    try {
      buffer.appendBuffer(whole);
      this.queue = [];
      this.queued = 0;
    } catch (error) {
      if (error.name === "QuotaExceededError" && video.currentTime > 5) buffer.remove(0, video.currentTime - 4);
      else this.failure = error;
    }
  }

  /// Drops the past; true when that is under way.
  trim() {
    const ranges = this.buffer.buffered;
    if (ranges.length === 0 || wantsPause) return false;
    const end = video.currentTime - pastKept;
    if (ranges.start(0) > end - 20) return false;
    this.buffer.remove(0, end);
    return true;
  }

  /// Keeps the playout point where it should be.
  follow() {
    const ranges = video.buffered;
    if (ranges.length === 0) { player.behind = null; return; }
    const edge = ranges.end(ranges.length - 1);
    const start = ranges.start(ranges.length - 1);
    player.behind = Math.max(0, edge - video.currentTime);
    if (!this.hasStarted) {
      if (edge - start < 0.25) return;
      this.hasStarted = true;
      video.currentTime = Math.max(start, edge - goal.now);
      player.behind = edge - video.currentTime;
      play();
      return;
    }
    if (wantsPause) return;
    if (video.currentTime < start - 0.01 && !contains(ranges, video.currentTime)) jump(start + 0.02);
    else if (player.behind > jumpAt) jump(Math.max(start, edge - goal.now));
    else if (player.behind > goal.now + 0.3) video.playbackRate = Math.min(1.12, 1 + 0.12 * (player.behind - goal.now));
    else if (player.behind < 0.15) video.playbackRate = 0.96;
    else if (player.behind < goal.now + 0.08 && player.behind > 0.3) video.playbackRate = 1;
  }

  close() {
    this.abort.abort();
    if (this.media?.readyState === "open") { try { this.media.endOfStream(); } catch { /* it is closing */ } }
  }
}

function contains(ranges, time) {
  for (let i = 0; i < ranges.length; i++) if (time >= ranges.start(i) - 0.05 && time < ranges.end(i)) return true;
  return false;
}

function jump(time) {
  player.jumps += 1;
  video.playbackRate = 1;
  video.currentTime = time;
}

async function play() {
  wantsPause = false;
  showPause();
  try { await video.play(); } catch (error) {
    if (error.name === "NotAllowedError") setState("blocked", "Ready to play", "");
  }
}

function pause() {
  wantsPause = true;
  pausedAt = performance.now();
  video.pause();
  setState("paused");
  showPause();
}

/// Back to the live edge.
export function goLive() {
  if (!session) return play();
  const ranges = video.buffered;
  if (ranges.length > 0) {
    const last = ranges.length - 1;
    jump(Math.max(ranges.start(last), ranges.end(last) - goal.now));
  }
  play();
}

const togglePause = () => (wantsPause || video.paused ? resume() : pause());

function resume() {
  wantsPause = false;
  showPause();
  if (session) play();
}

function toggleMute(isMuted = !video.muted) {
  video.muted = isMuted;
  if (!isMuted && video.volume === 0) video.volume = 0.5;
}

function showPause() {
  const button = element("play");
  button.dataset.paused = wantsPause ? "yes" : "no";
  button.setAttribute("aria-label", wantsPause ? "Play" : "Pause");
}

function showSound() {
  const isMuted = video.muted || video.volume === 0;
  element("mute").dataset.muted = isMuted ? "yes" : "no";
  element("mute").setAttribute("aria-label", isMuted ? "Sound on" : "Sound off");
  element("volume").value = video.muted ? 0 : video.volume;
  element("unmute").hidden = !video.muted || !player.codecs?.includes("mp4a");
}

function showBehind() {
  const isLive = player.behind !== null && player.behind < 1.6 && !wantsPause && player.state === "playing";
  element("golive").dataset.live = player.state === "waiting" ? "" : isLive ? "yes" : "no";
  const text = player.behind === null || isLive ? "" : `${player.behind.toFixed(player.behind < 10 ? 1 : 0)} s behind live`;
  element("behind").textContent = text;
}

async function toggleFullScreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (screen.requestFullscreen) await screen.requestFullscreen();
    else video.webkitEnterFullscreen?.();
  } catch { /* the browser may refuse */ }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tag = event.target.tagName;
  const isOnControl = tag === "BUTTON" || tag === "SUMMARY" || tag === "A" || tag === "INPUT";
  const step = (by) => { video.muted = false; video.volume = Math.min(1, Math.max(0, video.volume + by)); };
  const keys = {
    " ": () => !isOnControl && togglePause(), k: togglePause, l: goLive, m: () => toggleMute(), f: toggleFullScreen,
    ArrowUp: () => tag !== "INPUT" && step(0.1), ArrowDown: () => tag !== "INPUT" && step(-0.1), End: goLive,
  };
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || action() === false) return;
  event.preventDefault();
}

function listen() {
  element("play").onclick = togglePause;
  element("mute").onclick = () => toggleMute();
  element("unmute").onclick = () => toggleMute(false);
  element("golive").onclick = goLive;
  element("full").onclick = toggleFullScreen;
  element("veil-button").onclick = () => play();
  element("volume").oninput = (event) => { video.muted = false; video.volume = Number(event.target.value); };
  video.onclick = togglePause;
  video.ondblclick = toggleFullScreen;
  video.onvolumechange = showSound;
  video.onplaying = () => {
    player.firstFrameMs ??= Math.round(performance.now() - openedAt);
    setState("playing");
    showSound();
  };
  video.onwaiting = () => {
    if (player.state !== "playing") return;
    player.stalls += 1;
    goal.now = Math.min(goal.most, goal.now + 0.15);
    // A short halt needs no veil: it is shown when it lasts.
    setTimeout(() => { if (video.readyState < 3 && player.state === "playing") setState("stalled", "One moment", "The next pictures have not come yet."); }, 700);
  };
  video.onpause = () => { if (!wantsPause && session && !document.hidden) play(); };
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !wantsPause && player.behind > 1.5) goLive(); });
  setInterval(() => {
    session?.buffer && session.follow();
    if (player.stalls && player.state === "playing" && goal.now > goal.least) goal.now -= 0.0008;
    if (wantsPause && session && performance.now() - pausedAt > pauseKept * 1000) session.close();
    showBehind();
  }, 200);
}

/// Players without Media Source Extensions, such as older phones, may know HLS themselves.
function playNatively() {
  if (!video.canPlayType("application/vnd.apple.mpegurl")) {
    return setState("trouble", "This browser cannot play live video", "Open live.ts in VLC or mpv instead.");
  }
  video.src = "live.m3u8";
  play();
}

async function main() {
  listen();
  showSound();
  if (!Source) return playNatively();
  for (;;) {
    while (wantsPause) await sleep(200);
    session = new Session();
    let wait = 1000;
    try { wait = await session.run(); } catch (error) {
      if (!wantsPause && error.name !== "AbortError") setState("waiting", "Connecting again", "The stream was interrupted.");
      else if (!wantsPause) wait = 0;
    }
    session.close();
    session = null;
    player.behind = null;
    await sleep(wait);
  }
}

window.candela = player;
main();
