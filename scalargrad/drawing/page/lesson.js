/* The step that the reader looks at: one edge's contribution, in symbols and in numbers. */

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
  const [root, consumer, parent] = [ROOT, NAMES[step.consumer], NAMES[step.parent]];
  return [
    term(
      derivative(root, parent),
      hidden ? secret() : number(step.contribution),
      "contribution",
      "gained",
    ),
    sign("+=", "="),
    term(derivative(root, consumer), number(step.upstream), "upstream", "upstream"),
    sign("·", "×"),
    term(derivative(consumer, parent), hidden ? secret() : number(step.local), "local", "local"),
  ];
}

const BEGINNINGS = {
  engine:
    "From here the gradient flows back, edge by edge; " +
    "each node passes its own on only when all of it has arrived.",
  naive:
    "From here a naive recursion goes down into each node as soon as it reaches it, " +
    "and passes on what is there.",
};

/* Step 0: where the way back begins. */
function showSeed() {
  byId("count").textContent = `Start: ${ROOT}`;
  for (const id of ["pattern", "source", "warning"]) byId(id).hidden = true;
  fill(byId("equation"), term(derivative(ROOT, ROOT), number(1), "seed", "gained"));
  const way = state.steps.length
    ? BEGINNINGS[state.order]
    : "It is a leaf: there is no way back to go.";
  fill(byId("why"), `The root changes exactly as fast as itself: ∂${ROOT}/∂${ROOT} is 1. ${way}`);
}

function localRule(step) {
  const { formula } = edgeOf(step);
  const node = graph.nodes[step.consumer];
  const lines = [element("span", { class: "rule" }, `${node.name} = ${node.formula}`)];
  if (formula && !(state.edited && node.here)) {
    const slope = derivative(node.name, NAMES[step.parent]);
    lines.push(element("span", { class: "rule" }, slope, ` = ${formula}`));
  }
  return element("span", { class: "rules" }, ...lines);
}

function sentences(step) {
  if (!step.flows) {
    const name = NAMES[step.parent];
    return `No way that was taken leads from ${name} to ${ROOT} here: nothing is passed on.`;
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

function showSource(step) {
  const { source } = graph.nodes[step.consumer];
  byId("source").hidden = !source;
  if (!source) return;
  const [file, line, text] = source;
  byId("source").querySelector("figcaption").textContent =
    `${file.split(/[\\/]/).pop()}, line ${line}`;
  byId("source").querySelector("figcaption").title = file;
  byId("source").querySelector("code").textContent = text || "(the file cannot be read)";
}

function showWarning(step) {
  const warnings = [early(step), state.at === state.steps.length ? mistakes() : ""].filter(Boolean);
  byId("warning").hidden = !warnings.length;
  byId("warning").textContent = warnings.join(" ");
}

/* What the naive order does wrong at this step. */
function early(step) {
  if (step.ready) return "";
  const done = state.steps
    .slice(0, state.at - 1)
    .filter(({ parent }) => parent === step.consumer).length;
  const [name, all] = [NAMES[step.consumer], graph.expected[step.consumer]];
  const when = `with ${done} of ${all} contributions arrived`;
  return `Too early: ${name} passes its gradient on ${when}. What arrives later goes no further.`;
}

/* Which gradients are wrong in the end, and what they should be. */
function mistakes() {
  const { gradient } = progress();
  const wrong = places(gradient, (x, i) => !same(x, state.right[i]));
  if (!wrong.length) return "";
  const most = 4;
  const texts = wrong
    .slice(0, most)
    .map(
      (i) => `∂${ROOT}/∂${NAMES[i]} is ${shown(gradient[i])}, should be ${shown(state.right[i])}`,
    );
  const more = wrong.length > most ? `; and ${wrong.length - most} more` : "";
  const share = `${wrong.length} of ${gradient.length}`;
  return `The end, with ${share} gradients wrong: ${texts.join("; ")}${more}.`;
}

function showStep(step) {
  byId("count").textContent = `Step ${state.at} of ${state.steps.length}`;
  fill(byId("equation"), ...equation(step, isHidden()));
  fill(byId("why"), localRule(step), sentences(step));
  showPattern(step);
  showSource(step);
  showWarning(step);
}

/* Long numbers do not fit side by side: then the factors stand one above the other. */
function arrange() {
  const place = byId("equation");
  place.classList.remove("stacked");
  place.classList.toggle("stacked", place.scrollWidth > place.clientWidth);
}

function showLesson() {
  const step = currentStep();
  if (step) showStep(step);
  else showSeed();
  requestAnimationFrame(arrange);
}

/* What a screen reader says of a step. */
function spokenStep() {
  const step = currentStep();
  if (!step) return `Start. The gradient of ${ROOT} is 1.`;
  const way = `from ${NAMES[step.consumer]} to ${NAMES[step.parent]}`;
  const place = `Step ${state.at} of ${state.steps.length}, ${way}.`;
  if (isHidden()) return `${place} Upstream ${shown(step.upstream)}. Which number is added?`;
  const product = `${shown(step.upstream)} times ${shown(step.local)} is ${shown(step.contribution)}.`;
  return `${place} ${product} Sum ${shown(step.total)}, ${arrival(step)}.`;
}

function arrival(step) {
  const expected = graph.expected[step.parent];
  return `${step.arrived} of ${expected} contribution${expected > 1 ? "s" : ""} arrived`;
}
