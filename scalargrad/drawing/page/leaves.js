/* The leaves: their values, to be changed; their gradients, checked by measured slopes. */

const AGREE = 1e-5;
const STEPS = { ArrowUp: 0.1, ArrowDown: -0.1 };
/* Slopes once measured at these numbers, by leaf. */
let slopes = new Map();

function slopeOf(leaf) {
  if (!slopes.has(leaf)) slopes.set(leaf, slope(graph, state.numbers.data, leaf));
  return slopes.get(leaf);
}

function setLeaf(leaf, x) {
  const data = [...state.numbers.data];
  data[leaf] = x;
  change({ numbers: evaluate(graph, data), edited: true });
}

function readLeaf(leaf, input) {
  const x = parseFloat64(input.value);
  input.setAttribute("aria-invalid", String(x === null));
  input.title = x === null ? "Not a number: type one such as -4, 0.25, 1e-3 or inf" : "";
  if (x !== null && !Object.is(x, state.numbers.data[leaf])) setLeaf(leaf, x);
}

/* Up and down change the value by 0.1, with Shift by 1. */
function nudge(leaf, input, event) {
  const by = STEPS[event.key];
  const x = parseFloat64(input.value);
  if (!by || x === null) return;
  event.preventDefault();
  setLeaf(leaf, Number((x + by * (event.shiftKey ? 10 : 1)).toPrecision(12)));
}

function valueField(leaf) {
  const name = NAMES[leaf];
  const value = repr(state.numbers.data[leaf]);
  if (!graph.editable[leaf]) {
    const why = "An operator above it is Python that cannot run here";
    return element("span", { class: "number", title: why }, value);
  }
  const input = element("input", {
    type: "text",
    inputmode: "decimal",
    spellcheck: "false",
    autocomplete: "off",
    value,
    id: `leaf-${leaf}`,
    "aria-label": `Value of ${name}`,
  });
  input.addEventListener("change", () => readLeaf(leaf, input));
  input.addEventListener("keydown", (event) => nudge(leaf, input, event));
  return input;
}

function leafRow(leaf) {
  const { name, label } = graph.nodes[leaf];
  const title = label && label !== name ? label : "";
  const head = element("th", { scope: "row", title }, name);
  const cells = ["gradient", "slope"].map((kind) => element("td", { class: kind }));
  return element("tr", { id: `row-${leaf}` }, head, element("td", {}, valueField(leaf)), ...cells);
}

/* A gradient whose sum is complete beside what measuring gives. */
function verdict(leaf, gradient) {
  if (!graph.editable[leaf]) return "";
  const measured = slopeOf(leaf);
  const agrees = close(gradient, measured, AGREE, AGREE);
  const text = agrees ? "agrees" : "differs";
  const mark = element(
    "b",
    { class: agrees ? "mark right" : "mark wrong", role: "img", "aria-label": text, title: text },
    agrees ? "✓" : "✗",
  );
  return [number(measured), mark];
}

function showLeaf(leaf, gradient, arrived) {
  const complete = arrived[leaf] === graph.expected[leaf];
  const isCurrent = currentStep()?.parent === leaf;
  const hidden = isHidden() && isCurrent;
  const facts = [state.numbers, gradient[leaf], arrived[leaf], isCurrent, hidden, state.allDigits];
  if (unchanged(`leaf-${leaf}`, ...facts)) return;
  const row = byId(`row-${leaf}`);
  const [gradientCell, slopeCell] = row.querySelectorAll(".gradient, .slope");
  const so = hidden ? secret() : arrived[leaf] || complete ? number(gradient[leaf]) : "—";
  row.classList.toggle("complete", complete && !hidden);
  row.classList.toggle("current", isCurrent);
  if (isCurrent) scrollListTo(row);
  fill(gradientCell, so);
  fill(slopeCell, ...(complete && !hidden ? verdict(leaf, gradient[leaf]) : ["—"]));
}

/* Within the list alone: on a phone, where all of it is shown, the page stays where it is. */
function scrollListTo(row) {
  const list = row.closest(".leaves");
  const hidden = list.scrollHeight > list.clientHeight;
  if (hidden) list.scrollTop = row.offsetTop - (list.clientHeight - row.offsetHeight) / 2;
}

function showLeaves(changes) {
  if ("numbers" in changes) slopes = new Map();
  const { gradient, arrived } = progress();
  for (const leaf of graph.leaves) {
    showLeaf(leaf, gradient, arrived);
    const input = byId(`leaf-${leaf}`);
    if (input && "numbers" in changes) input.value = repr(state.numbers.data[leaf]);
  }
  byId("reset").hidden = !state.edited;
}

function startLeaves() {
  // the order in which the program first used them
  graph.leaves.reverse();
  fill(byId("leaves").tBodies[0], ...graph.leaves.map(leafRow));
  byId("leaves-hint").hidden = !graph.leaves.some((leaf) => graph.editable[leaf]);
  byId("reset").addEventListener("click", () =>
    change({ numbers: recorded(graph), edited: false }),
  );
}
