/* Gradient descent by hand: each click moves every leaf a little against its gradient, and the
 * root is computed anew. */

/* The leaves that stay where they are: the inputs of a model, and whatever the reader holds. */
const held = new Set();
/* The root's values: before the first step, and after each. */
let history = [];
const CURVE = { width: 300, height: 70, margin: 6 };

function holdAtFirst() {
  const isParameter = (i) => graph.nodes[i].parameter;
  if (!graph.leaves.some(isParameter)) return;
  for (const i of graph.leaves) if (!isParameter(i)) held.add(i);
}

function movesField(leaf) {
  if (!graph.editable[leaf]) return [];
  const input = element("input", {
    type: "checkbox",
    checked: !held.has(leaf),
    "aria-label": `${NAMES[leaf]} moves downhill`,
  });
  input.addEventListener("change", () => (input.checked ? held.delete(leaf) : held.add(leaf)));
  return [input];
}

function moving() {
  return graph.leaves.filter((i) => graph.editable[i] && !held.has(i));
}

function stepDownhill() {
  const { value: rate, problem } = readTyped(byId("rate").value);
  if (problem || !(rate > 0 && rate < Infinity)) {
    sayDownhill(problem || "A learning rate is a number above 0, such as 0.1.");
    return;
  }
  if (!moving().length) {
    sayDownhill("No leaf may move: tick one above.");
    return;
  }
  if (!history.length) history = [state.numbers.data[0]];
  const data = [...state.numbers.data];
  for (const i of moving()) data[i] -= rate * state.right[i];
  const kept = history;
  change({ numbers: evaluate(graph, data), edited: true });
  history = [...kept, state.numbers.data[0]];
  showDownhill();
}

function sayDownhill(text) {
  byId("downhill-said").textContent = text;
}

function showDownhill() {
  const steps = history.length - 1;
  byId("curve").toggleAttribute("hidden", steps < 1);
  if (steps < 1) {
    sayDownhill(`Every leaf moves by −rate × its gradient, and ${ROOT} should fall.`);
    return;
  }
  const [before, now] = history.slice(-2);
  const from = `${ROOT}: ${brief(history[0])} → ${brief(now)}`;
  const after = `after ${steps} step${steps > 1 ? "s" : ""}.`;
  sayDownhill(`${from} ${after}${complaint(before, now)}`);
  drawCurve(history.filter(Number.isFinite));
}

function complaint(before, now) {
  if (!Number.isFinite(before)) return ` From ${brief(before)} no way leads down.`;
  if (!Number.isFinite(now)) return " The rate is too large.";
  return now > before ? " It rose: the rate is too large." : "";
}

function drawCurve(values) {
  const { width, height, margin } = CURVE;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const across = (k) => margin + (k / Math.max(1, values.length - 1)) * (width - 2 * margin);
  const down = (x) => margin + ((high - x) / (high - low || 1)) * (height - 2 * margin);
  const points = values.map((x, k) => `${across(k).toFixed(1)},${down(x).toFixed(1)}`);
  const line = svgElement("polyline", { points: points.join(" ") });
  const dots = points.map((text) => {
    const [cx, cy] = text.split(",");
    return svgElement("circle", { cx, cy, r: 2.6 });
  });
  fill(byId("curve"), line, ...dots);
}

function startDownhill() {
  byId("downhill-step").addEventListener("click", stepDownhill);
  byId("rate").addEventListener("keydown", (event) => {
    if (event.key === "Enter") stepDownhill();
  });
  byId("downhill").hidden = !graph.leaves.some((i) => graph.editable[i]) || !FORWARD.length;
  onChange((changes) => {
    // numbers that come from elsewhere begin another descent
    if ("numbers" in changes) history = [];
    if ("numbers" in changes) showDownhill();
  });
}
