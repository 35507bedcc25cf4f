// Draws who feeds whom: the source in the middle, a ring for each hop.

const space = "http://www.w3.org/2000/svg";
let drawn = "";

/// How many hops each peer is from the source; those that nobody feeds are on the outer ring.
function depths(peers) {
  const depth = peers.map((peer) => (peer.role === "source" ? 0 : Infinity));
  for (let round = 0; round < peers.length; round++) {
    let hasChanged = false;
    peers.forEach((peer, i) => {
      for (const parent of peer.parents) {
        if (depth[parent] + 1 < depth[i]) { depth[i] = depth[parent] + 1; hasChanged = true; }
      }
    });
    if (!hasChanged) break;
  }
  const deepest = Math.max(0, ...depth.filter(Number.isFinite));
  return depth.map((d) => (Number.isFinite(d) ? d : deepest + 1));
}

/// Places on rings, each peer near its parents.
function places(peers, depth) {
  const rings = Math.max(1, ...depth);
  const at = peers.map(() => ({ x: 0, y: 0, angle: 0 }));
  for (let ring = depth.includes(0) ? 0 : 1; ring <= rings; ring++) {
    const members = peers.map((_, i) => i).filter((i) => depth[i] === ring);
    const wish = (i) => {
      const up = peers[i].parents.filter((p) => depth[p] < ring && depth[p] > 0);
      if (up.length === 0) return null;
      return Math.atan2(up.reduce((s, p) => s + Math.sin(at[p].angle), 0), up.reduce((s, p) => s + Math.cos(at[p].angle), 0));
    };
    const order = members.map((i, k) => ({ i, wish: wish(i) ?? -Math.PI / 2 + k * 2 * Math.PI / members.length }));
    order.sort((a, b) => a.wish - b.wish || a.i - b.i);
    // Evenly spread, and turned so that all are as near to where they wish to be as can be.
    const step = 2 * Math.PI / order.length;
    const turn = (f) => order.reduce((sum, { wish }, k) => sum + f(wish - k * step), 0);
    const offset = Math.atan2(turn(Math.sin), turn(Math.cos));
    order.forEach(({ i }, k) => {
      const angle = offset + k * step;
      const radius = ring === 0 ? (members.length > 1 ? 12 : 0) : 94 * (rings === 1 ? 0.72 : ring / rings);
      at[i] = { x: radius * Math.cos(angle), y: radius * Math.sin(angle), angle };
    });
  }
  return at;
}

/// Shows the part where somebody is: a swarm of two would leave most of the map empty.
function fit(svg, at) {
  const [xs, ys] = [at.map((p) => p.x), at.map((p) => p.y)];
  const [left, right] = [Math.min(...xs) - 28, Math.max(...xs) + 28];
  const [top, bottom] = [Math.min(...ys) - 16, Math.max(...ys) + 24];
  // Not much larger than usual.
  const [width, height] = [Math.max(150, right - left), Math.max(150, bottom - top)];
  svg.setAttribute("viewBox", [(left + right - width) / 2, (top + bottom - height) / 2, width, height].map((n) => n.toFixed(1)).join(" "));
}

function add(parent, name, attributes) {
  const node = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

function describe(peer) {
  const parts = [peer.name || peer.role];
  if (typeof peer.lag_ms === "number") parts.push(`${(peer.lag_ms / 1000).toFixed(1)} s behind the source`);
  return parts.join(", ");
}

/// Draws the map; nothing happens while nothing has changed.
export function drawMap(svg, map) {
  const shape = JSON.stringify(map.peers.map((p) => [p.name, p.role, p.is_own, p.parents]));
  if (shape === drawn) return;
  drawn = shape;
  const { peers } = map;
  const depth = depths(peers);
  const at = places(peers, depth);
  if (at.length > 0) fit(svg, at);
  svg.replaceChildren();
  peers.forEach((peer, i) => {
    for (const parent of peer.parents) {
      const [from, to] = [at[parent], at[i]];
      const middle = { x: (from.x + to.x) / 2 * 0.86, y: (from.y + to.y) / 2 * 0.86 };
      const d = `M${from.x.toFixed(1)} ${from.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`;
      add(svg, "path", { d, class: peer.is_own || peers[parent].is_own ? "own" : "" });
    }
  });
  const size = peers.length > 60 ? 3 : peers.length > 20 ? 4.2 : 6;
  peers.forEach((peer, i) => {
    const kind = peer.is_own ? "own" : peer.role;
    const r = peer.role === "source" ? size + 2.5 : peer.is_own ? size + 1 : size;
    const dot = add(svg, "circle", { cx: at[i].x.toFixed(1), cy: at[i].y.toFixed(1), r, class: kind });
    add(dot, "title", {}).textContent = peer.is_own ? `you, ${describe(peer)}` : describe(peer);
    if (peers.length <= 12 || peer.is_own || peer.role === "source") {
      const label = peer.is_own ? "you" : peer.role === "source" ? "source" : peer.name;
      if (label) add(svg, "text", { x: at[i].x.toFixed(1), y: (at[i].y + r + 8).toFixed(1) }).textContent = label.slice(0, 16);
    }
  });
  svg.setAttribute("aria-label", `Map of who feeds whom: ${map.total} peers`);
}
