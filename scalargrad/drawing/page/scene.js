/* The drawing: an SVG with a box for every node and a curve for every edge, laid out for the room
 * that there is. Boxes are filled by graph.js. */

const SVG = svgElement("svg", { role: "graphics-document", "aria-label": PAGE.about });
const FONTS = {
  symbol: "600 16px system-ui, sans-serif",
  name: "italic 16px Cambria, Georgia, serif",
  number: "15px system-ui, sans-serif",
  bold: "600 15px system-ui, sans-serif",
};
const LINE = { head: 24, value: 19, gradient: 22 };
const NUMBER_WIDTH = 64;
const NUMBER_ROOM = 74;
/* From so many leaves on, each takes one line. */
const MANY_LEAVES = 8;
const LONGEST_NAME = 14;
const MOST_DOTS = 8;
const PAD = 9;

/* The boxes: every node or, of a graph that is too large, what the summary puts together: its
 * loops are folded, unless the address asks for the whole. */
const SUMMARY = isWhole() ? null : PAGE.summary;
const DRAWN = SUMMARY ? summarized(SUMMARY.boxes) : graph;

function isWhole() {
  return Boolean(PAGE.summary?.whole) && new URLSearchParams(location.hash.slice(1)).has("whole");
}

function summarized(boxes) {
  const nodes = boxes.map((box) => ({ ...box, leaf: false, positions: box.parents.map((_, k) => k) }));
  return { nodes, expected: nodes.map(() => 0) };
}

/* The place of the box that shows a node. */
function boxOf(i) {
  return SUMMARY ? SUMMARY.of[i] : i;
}

/* The nodes that a box of a loop shows, one in each iteration, the last iteration first. */
const MEMBERS = new Map();
SUMMARY?.of.forEach((box, i) => {
  if (DRAWN.nodes[box].loop >= 0) MEMBERS.set(box, [...(MEMBERS.get(box) ?? []), i]);
});

/* The node that a box shows alone; −1 where it shows several. */
function nodeIn(box) {
  return SUMMARY ? DRAWN.nodes[box].node : box;
}

const pen = document.createElement("canvas").getContext("2d");
const known = new Map();

/* The width of a text in one of the fonts. */
function widthOf(text, font) {
  const key = `${font} ${text}`;
  if (!known.has(key)) {
    pen.font = FONTS[font];
    known.set(key, pen.measureText(text).width);
  }
  return known.get(key);
}

function nameShown(node) {
  return cut(node.name, LONGEST_NAME);
}

const IN_LINES = graph.leaves.length > MANY_LEAVES;

function isLine(node) {
  return node.leaf && IN_LINES;
}

function sizeOf(node) {
  return { ...boxSize(node), chip: widestChip(node) };
}

function boxSize(node) {
  const name = widthOf(nameShown(node), "name");
  const symbol = node.symbol ? widthOf(node.symbol, "symbol") + 7 : 0;
  if (isLine(node)) return { width: name + 2 * NUMBER_ROOM + 2 * PAD, height: 26 };
  return {
    width: Math.max(NUMBER_WIDTH + 2 * PAD, symbol + name + 2 * PAD),
    height: LINE.head + LINE.value + LINE.gradient,
  };
}

function chipText(local) {
  return `× ${afterSign(local, brief(local))}`;
}

function chipWidth(text) {
  return widthOf(text, "bold") + 14;
}

/* The widest chip that stands before a node, as far as there is room for it. */
const WIDEST_CHIP = 108;

function widestChip({ partials = [] }) {
  return Math.min(WIDEST_CHIP, Math.max(0, ...partials.map((x) => chipWidth(chipText(x)))));
}

const SIZES = DRAWN.nodes.map(sizeOf);
const layouts = new Map();
/* A larger graph is followed, not seen whole: it runs to the right. */
const MANY_NODES = 150;

function layoutTo(direction) {
  if (!layouts.has(direction)) layouts.set(direction, laidOut(DRAWN, SIZES, direction));
  return layouts.get(direction);
}

/* The direction in which the whole is shown largest in so much room. */
function bestLayout({ width, height }) {
  if (DRAWN.nodes.length > MANY_NODES) return layoutTo("right");
  const scale = ({ box }) => Math.min(width / box.width, height / box.height);
  const [right, down] = ["right", "down"].map(layoutTo);
  return scale(down) > 1.15 * scale(right) ? down : right;
}

/* ------ boxes */

function svgText(x, y, text, attributes = {}) {
  const made = svgElement("text", { x, y, ...attributes });
  made.textContent = text;
  return made;
}

/* The elements of a node: its group, and what changes in it. The group stands where the layout
 * puts it, with its middle at 0, 0. */
function nodeParts(i) {
  const node = DRAWN.nodes[i];
  const { width, height } = SIZES[i];
  const kind = node.leaf ? "leaf" : "operator";
  const group = svgElement("g", {
    id: `node-${i}`,
    class: `node ${kind}${i ? "" : " root"}`,
    role: "graphics-symbol",
    "aria-label": node.name,
  });
  const corner = { x: -width / 2, y: -height / 2, width, height, rx: node.leaf ? 3 : 11 };
  group.append(svgElement("rect", { ...corner, class: "ground" }));
  const parts = isLine(node) ? lineParts(node, width) : boxParts(i, width, height);
  group.append(parts.band, ...parts.texts, svgElement("rect", { ...corner, class: "frame" }));
  const dots = addDots(group, width, height, DRAWN.expected[i]);
  return { group, dots, ...parts };
}

function boxParts(i, width, height) {
  const node = DRAWN.nodes[i];
  const top = -height / 2;
  const [left, right] = [-width / 2, width / 2];
  const [symbol, name] = [node.symbol, nameShown(node)];
  const gap = symbol ? 7 : 0;
  const whole = widthOf(symbol, "symbol") + gap + widthOf(name, "name");
  const start = -whole / 2;
  const texts = [
    svgText(start, top + 17, symbol, { class: "symbol" }),
    svgText(start + widthOf(symbol, "symbol") + gap, top + 17, name, { class: "name" }),
  ];
  const value = svgText(0, top + LINE.head + 13, "", { class: "value", "text-anchor": "middle" });
  const gradient = svgText(0, height / 2 - 6, "", { class: "gradient", "text-anchor": "middle" });
  const bottom = height / 2;
  const round = node.leaf ? 3 : 11;
  const d =
    `M${left},${bottom - LINE.gradient}H${right}V${bottom - round}` +
    `Q${right},${bottom} ${right - round},${bottom}H${left + round}` +
    `Q${left},${bottom} ${left},${bottom - round}Z`;
  const band = svgElement("path", { d, class: "band" });
  return { band, value, gradient, texts: [...texts, value, gradient] };
}

/* A leaf on one line: name, value, gradient. */
function lineParts(node, width) {
  const [left, right] = [-width / 2, width / 2];
  const middle = right - NUMBER_ROOM;
  const name = svgText(left + PAD, 5, nameShown(node), { class: "name" });
  const value = svgText(middle - 7, 5, "", { class: "value", "text-anchor": "end" });
  const gradient = svgText(right - 7, 5, "", { class: "gradient", "text-anchor": "end" });
  const band = svgElement("rect", { x: middle, y: -13, width: NUMBER_ROOM, height: 26, class: "band" });
  return { band, value, gradient, texts: [name, value, gradient] };
}

/* One dot for each contribution that is to come, above a node that has several. */
function addDots(group, width, height, count) {
  if (count < 2 || count > MOST_DOTS) return [];
  const first = width / 2 - 6 - 9 * (count - 1);
  const circles = Array.from({ length: count }, (_, k) =>
    svgElement("circle", { cx: first + 9 * k, cy: -height / 2 - 7, r: 3.4 }),
  );
  const row = svgElement("g", { class: "dots" });
  row.append(...circles);
  group.append(row);
  return circles;
}

/* ------ edges */

function edgeParts(i, k) {
  const node = DRAWN.nodes[i];
  const group = svgElement("g", { id: `edge-${i}-${node.positions[k]}`, class: "edge" });
  const [path, forward, back] = ["line", "head forward", "head back"].map((name) =>
    svgElement("path", { class: name }),
  );
  const wide = svgElement("path", { class: "reach" });
  group.append(wide, path, forward, back);
  return { group, path, forward, back, wide };
}

/* The edges to a later iteration: above the boxes, from one back to another or to itself. */
function nextParts() {
  const group = svgElement("g", { class: "edge next" });
  const [path, forward, back] = ["line", "head forward", "head back"].map((name) =>
    svgElement("path", { class: name }),
  );
  const wide = svgElement("path", { class: "reach" });
  group.append(wide, path, forward, back);
  return { group, path, forward, back, wide };
}

/* From the top of one box over to the top of another, or from side to side where the graph runs
 * down. */
function nextPath(from, to, right) {
  const turned = ({ x, y, width, height }) =>
    right ? { x, y, width, height } : { x: y, y: -x, width: height, height: width };
  const [a, b] = [turned(from), turned(to)];
  const itself = from === to ? a.width / 5 : 0;
  const start = { x: a.x + itself, y: a.y - a.height / 2 };
  const end = { x: b.x - itself, y: b.y - b.height / 2 };
  const rise = Math.min(NEXT.most, NEXT.rise + NEXT.share * Math.abs(start.x - end.x));
  const over = ({ x }) => ({ x, y: Math.min(start.y, end.y) - rise });
  const shown = ({ x, y }) => point(right ? { x, y } : { x: -y, y: x });
  const text = `M${shown(start)}C${shown(over(start))} ${shown(over(end))} ${shown(end)}`;
  const turn = ({ x, y }) => (right ? { x, y } : { x: -y, y: x });
  return { text, start: turn(start), end: turn(end) };
}

const NEXT = { rise: 30, share: 0.1, most: 60 };

/* The frame around the boxes of a loop, with what is told of it. */
function frameParts(loop) {
  const group = svgElement("g", { class: "loop" });
  const rect = svgElement("rect", { rx: 14 });
  const title = svgText(0, 0, SUMMARY.loops[loop], { class: "told" });
  group.append(rect);
  return { group, rect, title, boxes: DRAWN.nodes.flatMap((x, i) => (x.loop === loop ? [i] : [])) };
}

/* Room around the boxes: for the title, and for the edges that lead back. */
const FRAME = { side: 16, title: 34, next: 48 };

function placeFrame({ rect, title, boxes }) {
  const { x, y, width, height } = around(boxes.map((i) => layout.nodes[i]), []);
  const isRight = layout.direction === "right";
  const [above, beside] = isRight ? [FRAME.next, FRAME.side] : [0, FRAME.next];
  const [left, top] = [x - FRAME.side, y - FRAME.title - above];
  const wide = Math.max(width + FRAME.side + beside, widthOf(title.textContent, "number") + 90);
  const size = { width: wide, height: height + FRAME.title + above + FRAME.side };
  for (const [name, value] of Object.entries({ x: left, y: top, ...size })) {
    rect.setAttribute(name, value.toFixed(1));
  }
  title.setAttribute("x", (left + 12).toFixed(1));
  title.setAttribute("y", (top + 20).toFixed(1));
}

const HEAD = { long: 9, wide: 4.5 };

/* An arrow's head whose tip is at a place, pointing by (dx, dy). */
function head({ x, y }, dx, dy) {
  const base = { x: x - dx * HEAD.long, y: y - dy * HEAD.long };
  const left = { x: base.x - dy * HEAD.wide, y: base.y + dx * HEAD.wide };
  const right = { x: base.x + dy * HEAD.wide, y: base.y - dx * HEAD.wide };
  return `M${point({ x, y })}L${point(left)}L${point(right)}Z`;
}

/* ------ all of it */

const NODES = DRAWN.nodes.map((_, i) => nodeParts(i));
const EDGES = new Map();
DRAWN.nodes.forEach((node, i) =>
  node.parents.forEach((_, k) => EDGES.set(`${i}-${k}`, edgeParts(i, k))),
);
DRAWN.nodes.forEach((node, i) =>
  node.next?.forEach((j) => EDGES.set(`${i}-next-${j}`, nextParts())),
);
const LOOPS = SUMMARY
  ? [...new Set(DRAWN.nodes.map(({ loop }) => loop))].filter((k) => k >= 0)
  : [];
const FRAMES = new Map(LOOPS.map((loop) => [loop, frameParts(loop)]));
/* The layer above the drawing: the numbers of the present step, and what travels. */
const OVERLAY = svgElement("g", { class: "overlay", "aria-hidden": "true" });
const RAILS = svgElement("path", { class: "line rails" });
let layout = null;

function place(found) {
  layout = found;
  NODES.forEach(({ group }, i) => {
    const { x, y } = layout.nodes[i];
    group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  });
  RAILS.setAttribute("d", drawsRails(layout) ? rails(DRAWN, layout).join("") : "");
  const [dx, dy] = layout.direction === "right" ? [1, 0] : [0, 1];
  for (const [key, path] of curves(DRAWN, layout)) {
    const parts = EDGES.get(key);
    const [x0, y0] = path.slice(1, path.indexOf("L")).split(",").map(Number);
    const [x1, y1] = path.slice(path.lastIndexOf("L") + 1).split(",").map(Number);
    parts.path.setAttribute("d", path);
    parts.wide.setAttribute("d", path);
    parts.forward.setAttribute("d", head({ x: x1, y: y1 }, dx, dy));
    parts.back.setAttribute("d", head({ x: x0, y: y0 }, -dx, -dy));
  }
  DRAWN.nodes.forEach((node, i) => node.next?.forEach((j) => placeNext(i, j)));
  FRAMES.forEach(placeFrame);
}

function placeNext(i, j) {
  const right = layout.direction === "right";
  const { text, start, end } = nextPath(layout.nodes[j], layout.nodes[i], right);
  const parts = EDGES.get(`${i}-next-${j}`);
  const [dx, dy] = right ? [0, 1] : [-1, 0];
  parts.path.setAttribute("d", text);
  parts.wide.setAttribute("d", text);
  parts.forward.setAttribute("d", head(end, dx, dy));
  parts.back.setAttribute("d", head(start, dx, dy));
}

function buildScene() {
  const edges = svgElement("g");
  const nodes = svgElement("g");
  edges.append(...[...EDGES.values()].map(({ group }) => group));
  nodes.append(...NODES.map(({ group }) => group));
  const frames = svgElement("g");
  frames.append(...[...FRAMES.values()].map(({ group }) => group));
  // an edge into the loop passes behind what is told of it
  const titles = svgElement("g");
  titles.append(...[...FRAMES.values()].map(({ title }) => title));
  SVG.append(frames, RAILS, edges, titles, nodes, OVERLAY);
}
