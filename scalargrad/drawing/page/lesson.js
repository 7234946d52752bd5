/* The step that the reader looks at, in symbols and in numbers: a node that is computed, the seed,
 * or one edge's contribution on the way back. */

/* ------ forward */

/* Where the number of an operand stands; with a bracket after a sign. */
const PLACE = /\ue000(\(?)(\d+)\ue001/g;

/* A node's formula with the numbers of its operands; "" where the formula is too long. */
function inNumbers(node) {
  const numbers = node.operands.map(({ place }) => state.numbers.data[place]);
  return node.template.replace(PLACE, (_, guard, k) =>
    guard ? afterSign(numbers[k]) : shown(numbers[k]),
  );
}

function line(left, ...right) {
  return [element("span", { class: "left" }, left), element("span", { class: "right" }, ...right)];
}

function forwardEquation(node, i) {
  const value = number(state.numbers.data[i], { class: "result" });
  const numbers = inNumbers(node);
  return [
    ...line(element("em", {}, node.name), `= ${node.formula}`),
    ...(numbers ? line("", `= ${numbers}`) : []),
    ...line("", "= ", value),
  ];
}

function showForward(i) {
  const node = graph.nodes[i];
  byId("count").textContent = `Compute ${node.name}`;
  setEquation("forward", forwardEquation(node, i));
  const last = state.at === FORWARD.length;
  const gates = node.gates.length ? [element("span", { class: "rules" }, opened(node))] : [];
  fill(byId("why"), ...gates, last ? `${ROOT} is known. Next the way back begins.` : "");
  showSource(node);
}

function showStart() {
  byId("count").textContent = `Start: ${ROOT}`;
  const leaves = graph.leaves.length === 1 ? "The leaf has its number" : "The leaves have their numbers";
  setEquation("forward", []);
  fill(
    byId("why"),
    `${leaves}. First every node is computed from its operands, up to ${ROOT}: the way forward. ` +
      "Then the gradients come back, edge by edge.",
  );
}

/* ------ the seed */

const BEGINNINGS = {
  engine:
    "From here the gradient flows back, edge by edge; " +
    "each node passes its own on only when all of it has arrived.",
  naive:
    "From here a naive recursion goes down into each node as soon as it reaches it, " +
    "and passes on what is there.",
};

function showSeed() {
  byId("count").textContent = "The way back begins";
  setEquation("back seeding", [term(derivative(ROOT, ROOT), number(1), "the seed", "gained")]);
  const way = state.steps.length
    ? BEGINNINGS[state.order]
    : "It is a leaf: there is no way back to go.";
  fill(byId("why"), `${ROOT} changes exactly as fast as itself: ∂${ROOT}/∂${ROOT} is 1. ${way}`);
}

/* ------ back */

/* A factor of the equation: its symbol, its number below, its name below that. */
function term(symbol, value, caption, kind) {
  const name = element("span", { class: "caption" }, caption);
  return element("span", { class: `term ${kind}` }, symbol, value, name);
}

function sign(symbol, numeric) {
  const above = element("span", { class: "fraction-high" }, symbol);
  return element("span", { class: "sign" }, above, element("span", { class: "number" }, numeric));
}

function secret() {
  return element("span", { class: "number secret", "aria-label": "not shown yet" }, "?");
}

function equation(step, hidden) {
  const [consumer, parent] = [NAMES[step.consumer], NAMES[step.parent]];
  const known = (x) => (hidden ? secret() : number(x));
  return [
    term(derivative(ROOT, parent), known(step.contribution), "contribution", "gained"),
    sign("+=", "="),
    term(derivative(ROOT, consumer), number(step.upstream), "upstream", "upstream"),
    sign("·", "×"),
    term(derivative(consumer, parent), known(step.local), "local", "local"),
  ];
}

function rule(...parts) {
  return element("span", { class: "rule" }, ...parts);
}

/* The node's formula and how steep it is there, as a book has it; behind a click the form that
 * is computed, and the gates that a fused node stands for. */
function localRule(step) {
  const { formula, computed } = edgeOf(step);
  const node = graph.nodes[step.consumer];
  const lines = [rule(`${node.name} = ${node.formula}`)];
  const holds = formula && !(state.edited && node.here);
  const slope = derivative(node.name, NAMES[step.parent]);
  if (holds) lines.push(rule(slope, ` = ${formula}`));
  if (holds && computed) {
    const why = "The same in exact arithmetic. Computed in this form it loses no digits:";
    lines.push(folded("how it is computed", element("span", {}, why), rule(computed)));
  }
  if (node.gates.length) lines.push(opened(node));
  return element("span", { class: "rules" }, ...lines);
}

function folded(title, ...inside) {
  return element("details", { class: "fold" }, element("summary", {}, title), ...inside);
}

/* The gates of a fused node, one a line. */
function opened(node) {
  const values = gateValues(node, state.numbers.data);
  const lines = node.gates.map(({ name, formula }, k) =>
    rule(`${name} = ${formula} = `, number(values[k])),
  );
  const count = node.gates.length === 1 ? "1 gate" : `${node.gates.length} gates`;
  const title = `${node.symbol} is ${count} in one node`;
  return folded(title, element("span", {}, node.about), ...lines);
}

function sentences(step) {
  if (!step.flows) {
    return `Along this edge ${NAMES[step.parent]} does not move ${ROOT}: nothing is passed on.`;
  }
  const { pattern } = edgeOf(step);
  return pattern
    ? PAGE.patterns[pattern]
    : "The chain rule: what comes from upstream, times how steep this gate is in this operand.";
}

function showPattern(step) {
  const copied = graph.expected[step.parent] > 1 ? PAGE.sums : "";
  const names = [edgeOf(step).pattern, copied].filter(Boolean);
  byId("pattern").hidden = !names.length;
  fill(
    byId("pattern"),
    ...names.map((name) => element("span", { class: "pill", title: PAGE.patterns[name] }, name)),
  );
}

function showSource({ source }) {
  const [file, number, text] = source ?? ["", 0, ""];
  byId("source").hidden = !text;
  const caption = byId("source").querySelector("figcaption");
  caption.textContent = `${file.split(/[\\/]/).pop()}, line ${number}`;
  caption.title = file;
  byId("source").querySelector("code").textContent = text;
}

function showStep(step) {
  const hidden = isHidden();
  byId("count").textContent = `Step ${done()} of ${state.steps.length}`;
  showPattern(step);
  setEquation("back", equation(step, hidden));
  if (hidden) fill(byId("why"), "");
  else fill(byId("why"), localRule(step), sentences(step));
  showSource(graph.nodes[step.consumer]);
}

/* ------ all of it */

/* Put an equation in its place, which has a look of its own forward and back. */
function setEquation(kind, parts) {
  byId("equation").className = `equation ${kind}${state.allDigits ? " digits" : ""}`;
  fill(byId("equation"), ...parts);
}

/* Side by side where all numbers are short; below one another where the reader wants every digit
 * and there is no room for them. */
function arrange() {
  const found = byId("equation");
  found.classList.remove("stacked");
  found.classList.toggle("stacked", found.scrollWidth > found.clientWidth);
}

function showLesson() {
  const [node, step] = [currentNode(), currentStep()];
  for (const id of ["pattern", "source", "warning"]) byId(id).hidden = true;
  if (node !== undefined) showForward(node);
  else if (step) showStep(step);
  else if (isForward()) showStart();
  else showSeed();
  const warning = step ? early(step) : "";
  byId("warning").hidden = !warning;
  byId("warning").textContent = warning;
  const end = conclusion();
  byId("conclusion").hidden = !end;
  byId("conclusion").textContent = end;
  byId("conclusion").classList.toggle("bad", Boolean(end && (mistakes() || firstEndless())));
  requestAnimationFrame(arrange);
}

/* The words of a screen reader about a step. */
function spokenStep() {
  const [node, step] = [currentNode(), currentStep()];
  if (node !== undefined) {
    return `${placeText()}. ${NAMES[node]} is ${shown(state.numbers.data[node])}.`;
  }
  if (!step) return isForward() ? "Start." : `The gradient of ${ROOT} is 1.`;
  const way = `from ${NAMES[step.consumer]} to ${NAMES[step.parent]}`;
  const place = `Step ${done()} of ${state.steps.length}, ${way}.`;
  if (isHidden()) return `${place} Upstream ${shown(step.upstream)}. Which number is added?`;
  const product = `${shown(step.upstream)} times ${shown(step.local)} is ${shown(step.contribution)}.`;
  return `${place} ${product} Sum ${shown(step.total)}, ${arrival(step)}.`;
}

function arrival(step) {
  const expected = graph.expected[step.parent];
  return `${step.arrived} of ${expected} contribution${expected > 1 ? "s" : ""} arrived`;
}
