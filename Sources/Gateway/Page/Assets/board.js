// Shows how the stream fares: figures, the sentence, the connection, the map.

import { choose, player } from "./player.js";
import { drawMap } from "./map.js";

const element = (id) => document.getElementById(id);
const unknown = "–";
const past = { lag: [], buffer: [], upload: [] };

function set(id, text, unit = "") {
  const target = element(id);
  const wanted = text === unknown ? text : `${text}\u00a0${unit}`.trim();
  if (target.textContent === wanted) return;
  target.textContent = text;
  if (unit && text !== unknown) {
    const small = document.createElement("small");
    small.textContent = `\u00a0${unit}`;
    target.append(small);
  }
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const seconds = (ms) => (isNumber(ms) ? (ms / 1000).toFixed(ms < 9950 ? 1 : 0) : unknown);

function rate(bits) {
  if (!isNumber(bits)) return [unknown, ""];
  if (bits >= 1e6) return [(bits / 1e6).toFixed(1), "Mbit/s"];
  return [String(Math.round(bits / 1e3)), "kbit/s"];
}

function percent(share, digits) {
  if (!isNumber(share)) return unknown;
  const value = share * 100;
  // What is not quite everything must not be shown as if it were.
  const cut = Math.floor(value * 10 ** digits) / 10 ** digits;
  return share >= 1 ? "100" : cut.toFixed(digits);
}

/// A line of the last minute.
function spark(id, list, value) {
  if (!isNumber(value)) return;
  list.push(value);
  if (list.length > 60) list.shift();
  if (list.length < 6) return;
  const most = Math.max(...list) * 1.15 || 1;
  const points = list.map((v, i) => `${((i + 60 - list.length) / 59 * 52).toFixed(1)},${(21 - v / most * 20).toFixed(1)}`);
  const svg = element(id);
  if (!svg.firstChild) {
    svg.setAttribute("viewBox", "0 0 52 21");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  }
  svg.firstChild.setAttribute("d", `M${points.join("L")}`);
}

function showHeader(status) {
  const name = status.name || "Candela";
  element("name").textContent = name;
  document.title = name === "Candela" ? name : `${name} – Candela`;
  const state = status.live ? "live" : "off";
  element("live").dataset.state = state;
  element("live-word").textContent = status.live ? "Live" : "Nothing comes";
  element("audience").textContent = status.viewers === 1 ? "1 viewer" : `${status.viewers} viewers`;
}

function showFigures(status) {
  const own = status.own ?? {};
  const page = isNumber(player.behind) ? player.behind * 1000 : null;
  const lag = isNumber(own.lag_ms) && page !== null ? own.lag_ms + page : own.lag_ms ?? page;
  set("lag", seconds(lag), "s");
  const ahead = isNumber(player.ahead) ? player.ahead * 1000 : null;
  // From the past, what the node holds beyond the live edge is of no use yet.
  const buffer = isNumber(own.buffer_ms) && player.past === null ? own.buffer_ms + (ahead ?? 0) : ahead;
  set("buffer", seconds(buffer), "s");
  set("continuity", percent(own.continuity, 2), "%");
  set("share", percent(status.p2p_share, 0), "%");
  const [up, upUnit] = rate(own.up_bps);
  set("upload", up, upUnit);
  const [bits, bitsUnit] = rate(status.bitrate_bps);
  set("stream", status.video ?? bits, status.video ? "" : bitsUnit);
  element("stream").title = `${bits} ${bitsUnit}`.trim();
  spark("lag-line", past.lag, lag);
  spark("buffer-line", past.buffer, buffer);
  spark("upload-line", past.upload, own.up_bps);
}

function showWords(status) {
  const why = element("why");
  // The dashboard says it in lower case; here it is a sentence of its own.
  const sentence = status.why.charAt(0).toUpperCase() + status.why.slice(1);
  if (why.textContent !== sentence) why.textContent = sentence;
  element("nat").textContent = status.own?.nat ?? "Not known yet.";
  const omitted = status.movie.omitted.join(", ");
  const note = element("note");
  note.hidden = !omitted;
  note.textContent = omitted ? `This page leaves out ${omitted}, which browsers do not play; live.ts has everything.` : "";
}

/// Offers the qualities, when there are several.
function showQuality(renditions) {
  const menu = element("quality");
  menu.hidden = !renditions;
  if (!renditions) return;
  const automatic = renditions.choice === "auto" ? `Auto (${renditions.active})` : "Auto";
  const options = [["auto", automatic], ...renditions.names.map((name) => [name, name])];
  if (menu.options.length !== options.length) {
    menu.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    menu.onchange = () => choose(menu.value);
  }
  options.forEach(([, text], i) => { if (menu.options[i].text !== text) menu.options[i].text = text; });
  if (document.activeElement !== menu && menu.value !== renditions.choice) menu.value = renditions.choice;
}

function show(status) {
  player.reach = isNumber(status.past_s) ? status.past_s : 0;
  showQuality(status.renditions);
  showHeader(status);
  showFigures(status);
  showWords(status);
  drawMap(element("map"), status.map);
  const { total, peers } = status.map;
  element("map-note").textContent = total > peers.length ? `${peers.length} of ${total} shown` : "";
}

async function poll() {
  try {
    const response = await fetch("page.json", { cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (!response.ok) throw new Error(response.statusText);
    show(await response.json());
  } catch {
    element("live").dataset.state = "off";
    element("live-word").textContent = "Disconnected";
    element("why").textContent = "Candela on this machine does not answer: was it stopped?";
  }
}

for (const id of ["ts-link", "hls-link"]) element(id).textContent = element(id).href;

for (;;) {
  if (!document.hidden) await poll();
  await new Promise((done) => setTimeout(done, 1000));
}
