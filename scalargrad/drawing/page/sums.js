/* The running sum at the node that a step leads to: which contributions are in, which are not. */

const MOST_LINES = 8;

/* The places in the walk of all steps that lead to a node. */
function stepsInto(node) {
  return places(state.steps, (step) => step.parent === node);
}

function contributionLine(i) {
  const step = state.steps[i];
  const arrived = i < done();
  const isLast = i === done() - 1;
  const value = !arrived ? "to come" : isLast && isHidden() ? secret() : number(step.contribution);
  const kind = !arrived ? "waiting" : isLast ? "current" : "";
  const from = element("th", { scope: "row" }, `from ${NAMES[step.consumer]}`);
  return element("tr", { class: kind }, from, element("td", { class: "number" }, value));
}

/* The lines around the current one, where there are too many to show. */
function linesShown(indices) {
  const current = indices.indexOf(done() - 1);
  const first = Math.max(0, Math.min(current - MOST_LINES + 2, indices.length - MOST_LINES));
  const lines = indices.slice(first, first + MOST_LINES).map(contributionLine);
  if (first) lines.unshift(moreLine(first, "before"));
  const after = indices.length - first - MOST_LINES;
  if (after > 0) lines.push(moreLine(after, "to come"));
  return lines;
}

function moreLine(count, when) {
  return element("tr", { class: "more" }, element("td", { colspan: 2 }, `… ${count} more ${when}`));
}

function dots(arrived, expected) {
  const most = 12;
  if (expected > most) return [];
  return Array.from({ length: expected }, (_, i) =>
    element("b", { class: i < arrived ? "in" : "" }),
  );
}

/* The gradient that a node passed on before this step: the naive order does not wait. */
function passedOn(node) {
  return state.steps.slice(0, done() - 1).find(({ consumer }) => consumer === node);
}

/* The next move of a node, now that so much of its gradient is there. */
function stage(step) {
  const name = NAMES[step.parent];
  const missing = graph.expected[step.parent] - step.arrived;
  const isLeaf = graph.nodes[step.parent].leaf;
  const gone = passedOn(step.parent);
  if (gone) {
    const lost = shown(step.contribution);
    return `Too late: ${name} has passed on ${shown(gone.upstream)} already; this ${lost} is lost.`;
  }
  if (missing && state.order === "naive" && !isLeaf) {
    return `${missing} still to come, but this walk does not wait: ${name} passes on what it has.`;
  }
  if (missing && isLeaf) return `Wait: ${missing} still to come.`;
  if (missing) {
    return `Wait: ${missing} still to come. To go on from ${name} now would hand on an incomplete sum.`;
  }
  const wrong = !same(step.total, state.right[step.parent]);
  if (wrong) return `Complete, and wrong: it should be ${shown(state.right[step.parent])}.`;
  return isLeaf
    ? `Complete: this is the gradient of ${name}.`
    : `Complete: now ${name} may pass its gradient on.`;
}

function showSums() {
  const step = currentStep();
  byId("sum").hidden = !step;
  byId("help").hidden = Boolean(step);
  if (!step) return;
  const expected = graph.expected[step.parent];
  fill(byId("sum-title"), "Sum at ", element("em", {}, NAMES[step.parent]));
  fill(byId("dots"), ...dots(step.arrived, expected));
  byId("arrived").textContent = arrival(step);
  const [body, foot] = [byId("contributions").tBodies[0], byId("contributions").tFoot];
  fill(body, ...linesShown(stepsInto(step.parent)));
  const total = isHidden() ? secret() : number(step.total);
  const name = element("th", { scope: "row" }, derivative(ROOT, NAMES[step.parent]), " so far");
  fill(foot, element("tr", {}, name, element("td", { class: "number" }, total)));
  byId("complete").textContent = isHidden() ? "" : stage(step);
}
