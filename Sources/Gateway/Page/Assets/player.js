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
/// Whoever watches from the past gets so much ahead at most, in seconds.
const aheadKept = 25;
/// A history that is shorter, in seconds, needs no slider.
const reachLeast = 15;

export const player = {
  state: "waiting", behind: null, codecs: null, firstFrameMs: null, stalls: 0, jumps: 0,
  /// How much there is beyond the playout point, in seconds.
  ahead: null,
  /// How far back the node can begin, in seconds.
  reach: 0,
  /// How far back the present session began; null for live.
  past: null,
};
let wantsPause = false;
let pausedAt = 0;
let pausedBehind = null;
/// Where the next session begins, in seconds behind live; null for live.
let wantedPast = null;
/// The quality asked for; null for what the node plays anyway.
let rendition = null;
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
  /// A session that begins so many seconds behind live, or at the live edge.
  constructor(past) {
    this.past = past;
    this.abort = new AbortController();
    this.queue = [];
    this.queued = 0;
    this.hasStarted = false;
    /// Whether the viewer went back within what is here already.
    this.isHeld = false;
  }

  get address() {
    const where = this.past === null ? "burst=0.5" : `from=-${this.past.toFixed(1)}s`;
    return `live.mp4?${where}${rendition === null ? "" : `&rendition=${encodeURIComponent(rendition)}`}`;
  }

  /// Runs until the stream ends, fails or is aborted; returns how long to wait before the next try.
  async run() {
    const response = await fetch(this.address, { signal: this.abort.signal, cache: "no-store" });
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
    player.past = this.past;
    this.age = Number(response.headers.get("Candela-Behind") ?? this.past ?? 0);
    this.begunAt = performance.now();
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
      // What is from the past comes as fast as it is read.
      while (this.past !== null && this.ahead > aheadKept && !this.abort.signal.aborted) await sleep(250);
    }
    return 300;
  }

  /// How much there is beyond the playout point, in seconds.
  get ahead() {
    const ranges = video.buffered;
    return ranges.length === 0 ? 0 : ranges.end(ranges.length - 1) - video.currentTime;
  }

  /// How far behind live the playout point is, in seconds; null before it is known.
  get behind() {
    if (this.past === null) return video.buffered.length === 0 ? null : Math.max(0, this.ahead);
    if (this.mediaStart === undefined) return null;
    return Math.max(0, this.age + (performance.now() - this.begunAt) / 1000 - (video.currentTime - this.mediaStart));
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
    player.behind = this.behind;
    player.ahead = Math.max(0, this.ahead);
    if (!this.hasStarted) {
      if (edge - start < 0.25) return;
      this.hasStarted = true;
      this.mediaStart = start;
      video.currentTime = this.past === null ? Math.max(start, edge - goal.now) : start + 0.01;
      video.playbackRate = 1;
      player.behind = this.behind;
      play();
      return;
    }
    if (wantsPause) return;
    if (this.past !== null || this.isHeld) {
      if (video.currentTime < start - 0.01 && !contains(ranges, video.currentTime)) jump(start + 0.02);
    } else if (video.currentTime < start - 0.01 && !contains(ranges, video.currentTime)) jump(start + 0.02);
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
  pausedBehind = session?.behind ?? null;
  if (session && player.reach >= reachLeast) session.isHeld = true;
  video.pause();
  setState("paused");
  showPause();
}

/// Begins anew elsewhere, or with another quality.
function restart(past) {
  wantedPast = past;
  wantsPause = false;
  showPause();
  if (past !== session?.past) setState("waiting", past === null ? "Back to live" : "Going back", "");
  session?.close();
}

/// Back to the live edge.
export function goLive() {
  wantedPast = null;
  if (!session) return play();
  if (session.past !== null) return restart(null);
  session.isHeld = false;
  const ranges = video.buffered;
  if (ranges.length > 0) {
    const last = ranges.length - 1;
    jump(Math.max(ranges.start(last), ranges.end(last) - goal.now));
  }
  play();
}

/// Goes to a place so many seconds behind live, as far as there is a past.
export function goBack(behind) {
  const wanted = Math.min(behind, Math.max(player.reach, player.behind ?? 0));
  if (wanted < 2) return goLive();
  const here = session?.behind;
  const target = video.currentTime + (here ?? 0) - wanted;
  if (session?.hasStarted && here !== null && contains(video.buffered, target)) {
    session.isHeld = true;
    jump(target);
    return play();
  }
  if (player.reach >= reachLeast) restart(wanted);
}

/// Goes back or forth by some seconds.
const step = (by) => { if (session?.behind != null) goBack(Math.max(0, session.behind - by)); };

/// Asks for a quality; null for what the node plays anyway.
export function choose(name) {
  if (name === rendition) return;
  rendition = name;
  restart(session?.past === null || !session ? null : session.behind);
}

const togglePause = () => (wantsPause || video.paused ? resume() : pause());

function resume() {
  // A pause that outlasted the download goes on where it was, as far as there is a past.
  if (!session && pausedBehind !== null) {
    const behind = pausedBehind + (performance.now() - pausedAt) / 1000;
    wantedPast = player.reach >= reachLeast && behind < player.reach ? behind : null;
  }
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

/// Seconds as a clock shows them: `1:30`, `1:02:03`.
function clock(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function behindWords(seconds) {
  return seconds < 10 ? `${seconds.toFixed(1)} s behind live` : `${clock(seconds)} behind live`;
}

function showBehind() {
  const behind = session?.behind ?? player.behind;
  const isLive = player.past === null && behind !== null && behind < 1.6 && !wantsPause && player.state === "playing";
  element("golive").dataset.live = player.state === "waiting" ? "" : isLive ? "yes" : "no";
  const hasPast = player.reach >= reachLeast;
  element("past").hidden = !hasPast;
  element("back").hidden = !hasPast;
  if (isDragging) return;
  element("behind").textContent = behind === null || isLive ? "" : behindWords(behind);
  if (hasPast) showPast(behind === null || isLive ? 0 : behind);
}

/// Puts the slider where the playout point is.
function showPast(behind) {
  const slider = element("shift");
  slider.min = -Math.floor(player.reach);
  slider.value = -Math.min(behind, player.reach);
  paintPast();
  slider.setAttribute("aria-valuetext", behind < 2 ? "live" : behindWords(behind));
  element("reach").textContent = `−${clock(player.reach)}`;
}

/// Colours the slider up to its place.
function paintPast() {
  const slider = element("shift");
  const share = 1 - Number(slider.value) / Math.min(-1, Number(slider.min));
  slider.style.setProperty("--place", `${(share * 100).toFixed(2)}%`);
}

let isDragging = false;

/// While the slider is held, only the words follow it.
function dragPast() {
  isDragging = true;
  const behind = -Number(element("shift").value);
  paintPast();
  element("behind").textContent = behind < 2 ? "Live" : behindWords(behind);
}

function dropPast() {
  isDragging = false;
  goBack(-Number(element("shift").value));
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
  const isOnControl = ["BUTTON", "SUMMARY", "A", "INPUT", "SELECT"].includes(tag);
  const loud = (by) => { video.muted = false; video.volume = Math.min(1, Math.max(0, video.volume + by)); };
  const isOnSlider = tag === "INPUT" || tag === "SELECT";
  const keys = {
    " ": () => !isOnControl && togglePause(), k: togglePause, l: goLive, m: () => toggleMute(), f: toggleFullScreen,
    ArrowUp: () => !isOnSlider && loud(0.1), ArrowDown: () => !isOnSlider && loud(-0.1), End: goLive,
    ArrowLeft: () => !isOnSlider && step(-10), ArrowRight: () => !isOnSlider && step(10), j: () => step(-10),
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
  element("back").onclick = () => step(-10);
  element("shift").oninput = dragPast;
  element("shift").onchange = dropPast;
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
    if (player.state !== "playing" || video.seeking) return;
    player.stalls += 1;
    goal.now = Math.min(goal.most, goal.now + 0.15);
    // A short halt needs no veil: it is shown when it lasts.
    setTimeout(() => { if (video.readyState < 3 && player.state === "playing") setState("stalled", "One moment", "The next pictures have not come yet."); }, 700);
  };
  video.onpause = () => { if (!wantsPause && session && !document.hidden) play(); };
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !wantsPause && session?.past === null && !session.isHeld && player.behind > 1.5) goLive(); });
  setInterval(() => {
    session?.buffer && session.follow();
    if (player.stalls && player.state === "playing" && goal.now > goal.least) goal.now -= 0.0008;
    if (wantsPause && session?.past === null && performance.now() - pausedAt > pauseKept * 1000) session.close();
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
    session = new Session(wantedPast);
    let wait = 1000;
    try { wait = await session.run(); } catch (error) {
      if (error.name === "AbortError") wait = 0;
      else if (!wantsPause) setState("waiting", "Connecting again", "The stream was interrupted.");
      // From the past it goes on where it was.
      if (error.name !== "AbortError" && session.past !== null) wantedPast = session.behind ?? session.past;
    }
    session.close();
    session = null;
    player.behind = null;
    player.ahead = null;
    await sleep(wait);
  }
}

window.candela = player;
main();
