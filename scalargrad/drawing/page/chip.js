/* The traveller: a dot along the lit edge, and beside that edge a chip with the local gradient,
 * where it covers nothing. */

const CHIP = { height: 22, clear: 3, every: 6, far: 420 };
/* The costs of covering a node, being out of view, covering an edge, or being nearer to another edge
 * than to its own, in units of distance. */
const COST = { node: 1e6, out: 1e5, edge: 150, nearer: 100, aside: 12 };

function showTravel(step, view) {
  if (unchanged("travel", step, isHidden(), layout)) return;
  fill(OVERLAY);
  const parts = step && edgePartsOf(step);
  if (!parts) return;
  const { path } = parts;
  const length = path.getTotalLength();
  if (step.flows) OVERLAY.append(traveller(path, length));
  if (isHidden()) return;
  const text = chipText(step.local);
  const [natural, narrow] = [chipWidth(text), GAP.right - 6];
  const widths = natural > narrow ? [natural, narrow] : [natural];
  const seen = [view, ...pointersIn(step, view)];
  const found = widths.map((width) => chipPlace(step, path, length, width, seen));
  const best = found.reduce((a, b) => (b.cost < COST.out && a.cost >= COST.out ? b : a));
  OVERLAY.append(tag(best, text, best.width));
}

/* The best place for a chip of this width. */
function chipPlace(step, path, length, width, [view, ...pointers]) {
  const [key, { gap }] = [keyOf(step), layout.nodes[boxOf(step.consumer)]];
  const places = chipPlaces(path, length, width, gap);
  const whole = around(places, []);
  const room = { ...whole, ...centre(whole) };
  const boxes = [...obstacles(), ...pointers].filter((box) => meet(box, room));
  const near = segments().filter((line) => meet(line.box, room));
  const [own, lines] = [true, false].map((is) => near.filter((line) => (line.key === key) === is));
  let best = { cost: Infinity };
  for (const place of places) {
    let cost = place.away;
    if (boxes.some((box) => meet(box, place))) cost += COST.node;
    if (!contains(view, cornered(place))) cost += COST.out;
    if (cost >= best.cost) continue;
    const covered = lines.filter((line) => meet(line.box, place) && crosses(line, place));
    cost += COST.edge * new Set(covered.map((line) => line.key)).size;
    if (cost < best.cost && gapTo(lines, place) < gapTo(own, place)) cost += COST.nearer;
    if (cost < best.cost) best = { ...place, cost };
  }
  return best;
}

/* Places along an edge from its consumer on, on the edge and beside it; `away` tells how far from
 * the best one, the middle of the gap before the consumer. */
function chipPlaces(path, length, width, gap) {
  const end = path.getPointAtLength(length);
  const right = layout.direction === "right";
  const places = [];
  let before = end;
  const most = Math.min(length, CHIP.far);
  // the middle of a short edge is in the middle of its gap
  const start = length < 2 * gap ? (length / 2) % CHIP.every : CHIP.every;
  for (let back = start; back < most; back += CHIP.every) {
    const at = path.getPointAtLength(length - back);
    const along = right ? end.x - at.x : end.y - at.y;
    const away = Math.abs(along - gap / 2) + Math.abs(back - along) / 4;
    const size = Math.hypot(at.x - before.x, at.y - before.y) || 1;
    const [nx, ny] = [(before.y - at.y) / size, (at.x - before.x) / size];
    const reach = (Math.abs(nx) * width + Math.abs(ny) * CHIP.height) / 2 + CHIP.clear;
    for (const side of [0, reach, -reach, 1.6 * reach, -1.6 * reach]) {
      const place = { x: at.x + side * nx, y: at.y + side * ny, width, height: CHIP.height };
      places.push({ ...place, at, away: away + (side ? COST.aside + Math.abs(side) : 0) });
    }
    before = at;
  }
  return places;
}

/* ------ what must not be covered: boxes have their middle at x, y */

function obstacles() {
  const boxes = layout.nodes.map(({ x, y, width, height }, i) => {
    const dots = NODES[i].dots.length ? 12 : 0;
    return { x, y: y - dots / 2, width: width + 4, height: height + 4 + dots };
  });
  const titles = [...FRAMES.values()].map(({ title }) => {
    const [x, y] = ["x", "y"].map((name) => Number(title.getAttribute(name)));
    const width = widthOf(title.textContent, "number");
    return { x: x + width / 2, y: y - 5, width, height: 20 };
  });
  return [...boxes, ...titles];
}

function meet(a, b) {
  const [dx, dy] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
  return 2 * dx < a.width + b.width && 2 * dy < a.height + b.height;
}

function cornered({ x, y, width, height }) {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

const traced = { layout: null, lines: [] };

/* Every edge as straight pieces. */
function segments() {
  if (traced.layout === layout) return traced.lines;
  const paths = [...EDGES].map(([key, { path }]) => [key, path]);
  const all = [...paths, ["rails", RAILS]].flatMap(([key, path]) => pieces(key, path));
  Object.assign(traced, { layout, lines: all });
  return all;
}

const PIECES = 8;

function pieces(key, path) {
  const found = [];
  let from = null;
  for (const part of (path.getAttribute("d") ?? "").match(/[MLC][^MLC]*/g) ?? []) {
    const numbers = part.slice(1).trim().split(/[ ,]+/).map(Number);
    const to = { x: numbers.at(-2), y: numbers.at(-1) };
    const middle = part[0] === "C" ? bent(from, numbers) : [];
    for (const next of [...middle, to]) {
      if (from && part[0] !== "M") found.push({ key, a: from, b: next, box: boxAround(from, next) });
      from = next;
    }
  }
  return found;
}

/* Points of a cubic curve between its ends. */
function bent({ x, y }, [x1, y1, x2, y2, x3, y3]) {
  return Array.from({ length: PIECES - 1 }, (_, k) => {
    const t = (k + 1) / PIECES;
    const u = 1 - t;
    const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
    return { x: a * x + b * x1 + c * x2 + d * x3, y: a * y + b * y1 + c * y2 + d * y3 };
  });
}

function boxAround(a, b) {
  const [width, height] = [Math.abs(a.x - b.x) + 2, Math.abs(a.y - b.y) + 2];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width, height };
}

/* Whether a straight piece passes through a box: the box is on both sides of its line. */
function crosses({ a, b }, { x, y, width, height }) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const off = Math.abs(dx * (y - a.y) - dy * (x - a.x));
  const edge = Math.hypot(dx, dy);
  return off <= (Math.abs(dy) * width + Math.abs(dx) * height) / 2 + edge;
}

/* How far a box is from the nearest of some straight pieces. */
function gapTo(lines, { x, y, width, height }) {
  return Math.min(
    ...lines.map(({ a, b }) => {
      const [ax, ay, dx, dy] = [(a.x - x) / width, (a.y - y) / height, (b.x - a.x) / width, (b.y - a.y) / height];
      const share = Math.max(0, Math.min(1, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
      const beside = (from, by, size) => Math.max(0, Math.abs(from + share * by) - 0.5) * size;
      return Math.hypot(beside(ax, dx, width), beside(ay, dy, height));
    }),
  );
}

/* ------ what is drawn */

/* A text on a ground of its own, in the middle of a place, with a line to its edge. */
function tag({ x, y, at }, text, width) {
  const label = svgText(x, y + 5, text, { "text-anchor": "middle" });
  if (chipWidth(text) > width) {
    label.setAttribute("textLength", width - 8);
    label.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
  const ground = svgElement("rect", {
    ...cornered({ x, y, width, height: CHIP.height }),
    rx: CHIP.height / 2,
  });
  const group = svgElement("g", { class: "tag" });
  const leader = svgElement("path", { d: `M${point({ x, y })}L${point(at)}` });
  group.append(leader, ground, label);
  return group;
}

/* From the consumer to the parent: against the direction in which the edge was drawn. */
function traveller(path, length) {
  const dot = svgElement("circle", { r: 5.5, class: "traveller" });
  const place = (share) => {
    const { x, y } = path.getPointAtLength(length * (1 - share));
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    dot.classList.toggle("there", share >= 1);
  };
  const start = performance.now();
  const fly = (now) => {
    if (!dot.isConnected) return;
    const share = Math.min(1, (now - start) / 600);
    place(eased(share));
    if (share < 1) requestAnimationFrame(fly);
  };
  place(likesMotion() ? 0 : 1);
  if (likesMotion()) requestAnimationFrame(fly);
  return dot;
}
