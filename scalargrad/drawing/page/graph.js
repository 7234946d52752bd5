/* The drawing: which nodes and edges are lit, and how far each gradient has come. */

const MOST_DOTS = 8;

/* A number as it fits into a node. */
function drawn(x) {
  return compact(x, 9, 4).replaceAll("-", "−");
}

/* The elements of one node: what is filled, and the texts that hold its numbers. */
function nodeParts(i) {
  const group = SVG.getElementById(`node-${i}`);
  const texts = [...group.querySelectorAll("text")];
  const [dataText, , gradientText] = texts.slice(-3);
  const shapes = [...group.querySelectorAll("path, polygon")];
  for (const shape of shapes) {
    shape.classList.add(shape.getAttribute("fill") === "none" ? "frame" : "ground");
  }
  for (const text of [texts.at(-2), texts.at(-4)]) text.classList.add("key");
  const box = extentOf(shapes[0]);
  // numbers will change their length: their right ends shall stay where they are
  for (const text of [dataText, gradientText]) {
    text.setAttribute("x", box.x + box.width - 6);
    text.setAttribute("text-anchor", "end");
  }
  return { group, dataText, gradientText, dots: addDots(group, box, graph.expected[i]) };
}

/* The box around a shape from its own numbers, for getBBox costs a layout of the whole. */
function extentOf(shape) {
  const numbers = (shape.getAttribute("points") ?? shape.getAttribute("d")).match(/-?[\d.]+/g);
  const [xs, ys] = [0, 1].map((odd) => numbers.map(Number).filter((_, i) => i % 2 === odd));
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/* One dot for each contribution that is to come, above a node that has several. */
function addDots(group, box, count) {
  if (count < 2 || count > MOST_DOTS) return [];
  const first = box.x + box.width - 5 - 8 * (count - 1);
  const circles = Array.from({ length: count }, (_, k) =>
    svgElement("circle", { cx: first + 8 * k, cy: box.y - 6, r: 3 }),
  );
  const row = svgElement("g", { class: "dots" });
  row.append(...circles);
  group.append(row);
  return circles;
}

function allEdges() {
  const parts = new Map();
  graph.nodes.forEach((node, i) =>
    node.parents.forEach((_, k) => {
      const group = SVG.getElementById(`edge-${i}-${node.positions[k]}`);
      parts.set(`${i}-${k}`, { group, path: group.querySelector("path") });
    }),
  );
  return parts;
}

const NODES = graph.nodes.map((_, i) => nodeParts(i));
const EDGES = allEdges();
/* What stands above the drawing: the numbers of the present step, and what travels. */
const OVERLAY = svgElement("g", { class: "overlay", "aria-hidden": "true" });
NODES[0].group.parentNode.append(OVERLAY);

function edgeParts(step) {
  return EDGES.get(`${step.consumer}-${step.edge}`);
}

/* How deep a colour is, from 0 to 1: three powers of ten below the largest there is none. */
function depth(x, largest) {
  if (x === 0 || largest === 0 || Number.isNaN(x)) return 0;
  return Math.max(0, Math.min(1, 1 + Math.log10(Math.abs(x) / largest) / 3));
}

function showNode(i, node) {
  const { value, x, reached, complete, hidden, depth } = node;
  if (unchanged(`node-${i}`, value, x, reached, complete, hidden, depth, node.arrived)) return;
  const { group, dataText, gradientText, dots } = NODES[i];
  dataText.textContent = drawn(value);
  gradientText.textContent = hidden ? "?" : reached ? drawn(x) : "—";
  const known = reached && !hidden;
  const kinds = {
    positive: known && x > 0,
    negative: known && x < 0,
    alarm: known && !Number.isFinite(x),
    wrong: known && complete && !same(x, state.right[i]),
  };
  for (const [kind, holds] of Object.entries(kinds)) group.classList.toggle(kind, holds);
  group.style.setProperty("--depth", `${depth}%`);
  dots.forEach((dot, k) => dot.classList.toggle("in", k < node.arrived));
}

function showNodes() {
  const { gradient, arrived } = progress();
  const largest = Math.max(...state.right.map(Math.abs).filter(Number.isFinite), 0);
  const asked = isHidden() ? currentStep().parent : -1;
  graph.nodes.forEach((_, i) =>
    showNode(i, {
      value: state.numbers.data[i],
      x: gradient[i],
      arrived: arrived[i],
      reached: i === 0 || arrived[i] > 0,
      complete: arrived[i] === graph.expected[i],
      hidden: i === asked,
      depth: Math.round(100 * depth(gradient[i], largest)),
    }),
  );
}

function showEdges() {
  state.steps.forEach((step, i) => {
    const isLast = i === state.at - 1;
    const flow = i < state.at && !(isLast && isHidden()) ? Math.sign(step.contribution) : NaN;
    if (unchanged(`edge-${step.consumer}-${step.edge}`, i < state.at, flow, isLast)) return;
    const { group } = edgeParts(step);
    group.classList.toggle("done", i < state.at);
    group.classList.toggle("positive", flow > 0);
    group.classList.toggle("negative", flow < 0);
    group.classList.toggle("lit", isLast);
  });
}

/* The node that passes its gradient on, and the one that receives it. */
function showRoles(step) {
  const roles = { consumer: step ? step.consumer : -1, receiver: step ? step.parent : 0 };
  for (const [role, place] of Object.entries(roles)) {
    SVG.querySelectorAll(`.${role}`).forEach((group) => group.classList.remove(role));
    NODES[place]?.group.classList.add(role);
  }
}

function showGraph(changes) {
  const step = currentStep();
  showNodes();
  showEdges();
  showRoles(step);
  showTravel(step);
  if (step && "at" in changes) viewport.reveal(extent(step));
}

/* The part of the drawing where a step takes place. */
function extent(step) {
  const rects = [step.consumer, step.parent].map((i) => NODES[i].group.getBoundingClientRect());
  const low = viewport.point(
    Math.min(...rects.map((r) => r.left)),
    Math.min(...rects.map((r) => r.top)),
  );
  const high = viewport.point(
    Math.max(...rects.map((r) => r.right)),
    Math.max(...rects.map((r) => r.bottom)),
  );
  return { ...low, width: high.x - low.x, height: high.y - low.y };
}

/* The local gradient beside the middle of the lit edge, and a dot that travels along it. */
function showTravel(step) {
  if (unchanged("travel", step, isHidden())) return;
  fill(OVERLAY);
  if (!step) return;
  const { path } = edgeParts(step);
  const length = path.getTotalLength();
  const middle = path.getPointAtLength(length / 2);
  if (!isHidden()) OVERLAY.append(tag(middle, `× ${drawn(step.local)}`));
  if (step.flows) OVERLAY.append(traveller(path, length));
}

/* A text on a ground of its own, just above a place. */
function tag({ x, y }, text) {
  const label = svgElement("text", { x, y: y - 12, "text-anchor": "middle" });
  label.textContent = text;
  const width = 7 * text.length + 12;
  const ground = svgElement("rect", { x: x - width / 2, y: y - 26, width, height: 20, rx: 10 });
  const group = svgElement("g", { class: "tag" });
  group.append(ground, label);
  return group;
}

/* From the consumer to the parent: against the direction in which the edge is drawn. */
function traveller(path, length) {
  const dot = svgElement("circle", { r: 5.5, class: "traveller" });
  const place = (share) => {
    const { x, y } = path.getPointAtLength(length * (1 - share));
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
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

/* A click on an edge goes to its step; on a node, to the next step that leads to it. */
function startGraph() {
  NODES.forEach(({ group }, i) =>
    group.addEventListener("click", () => {
      if (dragged > DRAG) return;
      const into = stepsInto(i);
      stepTo(into.find((at) => at >= state.at) ?? into[0] ?? -1);
    }),
  );
  EDGES.forEach(({ group }, key) =>
    group.addEventListener("click", () => {
      if (dragged > DRAG) return;
      stepTo(state.steps.findIndex((step) => `${step.consumer}-${step.edge}` === key));
    }),
  );
}

function stepTo(i) {
  play(false);
  goTo(i + 1);
}
