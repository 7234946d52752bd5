/* The leaves: their values, to be changed; their gradients, checked by measured slopes. */

const AGREE = 1e-5;
/* A list of more leaves is folded at first. */
const FEW_LEAVES = 8;
const MOST_KINKS = 3;
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

/* Typed text, made a number; a text that is none, said in words below the field. */
function readLeaf(leaf, input) {
  const { value: x, problem = "" } = readTyped(input.value);
  input.setAttribute("aria-invalid", String(Boolean(problem)));
  byId(`problem-${leaf}`).textContent = problem;
  byId(`problem-${leaf}`).hidden = !problem;
  if (!problem && !Object.is(x, state.numbers.data[leaf])) setLeaf(leaf, x);
}

/* Four digits; all of them while the field is the reader's. */
function fieldText(leaf) {
  const x = state.numbers.data[leaf];
  const full = state.allDigits || document.activeElement === byId(`leaf-${leaf}`);
  return full ? repr(x) : brief(x);
}

function refill(leaf, input) {
  if (input.getAttribute("aria-invalid") !== "true") input.value = fieldText(leaf);
}

/* Up and down change the value by 0.1, with Shift by 1. */
function nudge(leaf, input, event) {
  const by = STEPS[event.key];
  const { value: x, problem } = readTyped(input.value);
  if (!by || problem) return;
  event.preventDefault();
  setLeaf(leaf, Number((x + by * (event.shiftKey ? 10 : 1)).toPrecision(12)));
}

function valueField(leaf) {
  const name = NAMES[leaf];
  const value = brief(state.numbers.data[leaf]);
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
    "aria-describedby": `problem-${leaf}`,
  });
  input.addEventListener("change", () => readLeaf(leaf, input));
  input.addEventListener("keydown", (event) => nudge(leaf, input, event));
  input.addEventListener("blur", () => refill(leaf, input));
  input.addEventListener("focus", () => {
    refill(leaf, input);
    input.select();
  });
  return input;
}

function leafRow(leaf) {
  const { name, label } = graph.nodes[leaf];
  const shownName = cut(name, LONGEST_NAME - 2);
  const title = label && label !== shownName ? label : "";
  const head = element("th", { scope: "row", title }, shownName);
  const cells = ["gradient", "slope"].map((kind) => element("td", { class: kind }));
  const value = element("td", {}, valueField(leaf));
  const moves = element("td", { class: "moves" }, ...movesField(leaf));
  const row = element("tr", { id: `row-${leaf}` }, head, value, ...cells, moves);
  const said = { class: "problem", id: `problem-${leaf}`, role: "alert", colspan: 5, hidden: true };
  return [row, element("tr", {}, element("td", said))];
}

/* A gradient whose sum is complete beside what measuring gives. */
function verdict(leaf, gradient) {
  if (!graph.editable[leaf]) return "";
  // beside an infinity nothing can be measured, and a gradient may be right all the same
  if (![gradient, slopeOf(leaf), state.numbers.data[0]].every(Number.isFinite)) return [number(NaN)];
  const near = (x) => close(gradient, x, AGREE, AGREE);
  // from far off a bend, or a kink nearby, looks like another slope
  const measured = [slopeOf(leaf), steepness(leaf, -1, 1)].find(near);
  const found = breakOf(leaf);
  const fits = found ? found.fits : measured !== undefined;
  const kind = !fits ? "wrong" : (found?.kind ?? "right");
  const [mark, title] = MARKS[kind];
  const told = { class: `mark ${kind}`, role: "img", "aria-label": title, title };
  return [number(found?.measured ?? measured ?? slopeOf(leaf)), element("b", told, mark)];
}

const MARKS = {
  right: ["✓", "agrees"],
  kink: ["kink", "a kink: told below"],
  jump: ["jump", "a jump: told below"],
  wrong: ["✗", "differs"],
};

function sayKinks() {
  const isTold = (leaf) => byId(`row-${leaf}`).querySelector(".kink, .jump, .wrong") && breakOf(leaf);
  const found = graph.leaves.filter(isTold);
  const texts = found.slice(0, MOST_KINKS).map((leaf) => breakOf(leaf).text);
  if (found.length > MOST_KINKS) texts.push(`And ${found.length - MOST_KINKS} more.`);
  byId("kinks").textContent = texts.join(" ");
}

function showLeaf(leaf, gradient, arrived) {
  const complete = arrived[leaf] === graph.expected[leaf];
  const isCurrent = currentStep()?.parent === leaf;
  const hidden = isHidden() && isCurrent;
  const facts = [state.numbers, gradient[leaf], arrived[leaf], isForward(), isCurrent, hidden];
  facts.push(state.allDigits);
  if (unchanged(`leaf-${leaf}`, ...facts)) return;
  const row = byId(`row-${leaf}`);
  const [gradientCell, slopeCell] = row.querySelectorAll(".gradient, .slope");
  const known = arrived[leaf] > 0 || (complete && !isForward());
  const so = hidden ? secret() : known ? number(gradient[leaf]) : "";
  row.classList.toggle("complete", known && complete && !hidden);
  row.classList.toggle("current", isCurrent);
  if (isCurrent) scrollListTo(row);
  fill(gradientCell, so);
  fill(slopeCell, ...(known && complete && !hidden ? verdict(leaf, gradient[leaf]) : []));
}

/* Within the list alone: on a phone, where all of it is shown, the page stays where it is. */
function scrollListTo(row) {
  const list = row.closest(".leaves");
  const hidden = list.scrollHeight > list.clientHeight;
  if (hidden) list.scrollTop = row.offsetTop - (list.clientHeight - row.offsetHeight) / 2;
}

function showLeaves(changes) {
  const { gradient, arrived } = progress();
  byId("leaves-fold").classList.toggle("digits", state.allDigits);
  for (const leaf of graph.leaves) {
    showLeaf(leaf, gradient, arrived);
    const input = byId(`leaf-${leaf}`);
    if (input && ("numbers" in changes || "allDigits" in changes)) refill(leaf, input);
  }
  sayKinks();
  byId("reset").hidden = !state.edited;
  byId("compared").hidden = !state.edited || !PAGE.compared;
}

/* The page knows the way that the program went, and no other. */
function comparedText() {
  return (
    `When the program ran, it compared ${PAGE.compared}: for other numbers it may go another way, ` +
    "and what is shown here may be wrong. Run it again with them."
  );
}

function startLeaves() {
  // before anything is shown with other numbers
  onChange((changes) => {
    if ("numbers" in changes) [slopes, breaks] = [new Map(), new Map()];
  });
  // the order in which the program first used them
  graph.leaves.reverse();
  fill(byId("leaves").tBodies[0], ...graph.leaves.flatMap(leafRow));
  byId("leaves-fold").open = graph.leaves.length <= FEW_LEAVES;
  byId("leaves-hint").hidden = !graph.leaves.some((leaf) => graph.editable[leaf]);
  if (PAGE.compared) byId("compared").textContent = comparedText();
  byId("reset").addEventListener("click", () =>
    change({ numbers: recorded(graph), edited: false }),
  );
}
