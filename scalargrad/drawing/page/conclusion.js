/* Conclusions: of a step, of the end of the walk; or the mistakes of the naive order. */

/* The first of these for which the slope foretells the change. */
const NUDGES = [0.01, 1e-4, 1e-6, 1e-8];
/* The limit of "about" as much: beyond it a gate bends, or has a kink. */
const ABOUT = 0.25;

/* The use of the gradients: the leaf that matters most, moved a little. */
function conclusion() {
  if (state.at < lastPlace() || isHidden() || !state.steps.length) return "";
  const wrong = mistakes();
  if (wrong) return wrong;
  const endless = firstEndless();
  if (endless) return endless;
  const candidates = graph.leaves.filter((i) => graph.editable[i] && state.right[i]);
  const steepest = candidates.reduce(
    (best, i) => (Math.abs(state.right[i]) > Math.abs(state.right[best] ?? 0) ? i : best),
    -1,
  );
  if (steepest < 0) return sayFlat();
  return Number.isFinite(state.right[steepest]) ? sayNudge(steepest) : "";
}

/* No leaf that can be moved has a gradient. */
function sayFlat() {
  if (graph.leaves.some((i) => state.right[i])) return "All gradients are there.";
  const broken = graph.leaves.some((i) => graph.editable[i] && breakOf(i));
  const end = broken ? "" : `: ${ROOT} is flat here, whichever leaf moves a little`;
  return `All gradients are there, and all are 0${end}.`;
}

function sayNudge(leaf) {
  const changeBy = (nudge) => {
    const data = [...state.numbers.data];
    data[leaf] += nudge;
    return evaluate(graph, data, false).data[0] - state.numbers.data[0];
  };
  const isNear = (by) => close(changeBy(by), by * state.right[leaf], ABOUT);
  const found = breakOf(leaf);
  if (found) return `All gradients are there. ${found.text}`;
  const nudge = NUDGES.find(isNear) ?? NUDGES[0];
  const [moved, expected] = [changeBy(nudge), nudge * state.right[leaf]];
  const way = expected > 0 ? "rises" : "falls";
  const really = Math.sign(moved) === Math.sign(expected);
  const anew = really ? `Computed anew it ${way} by ${brief(Math.abs(moved))}.` : "";
  const why = "So far away the slope is another already.";
  const truth = isNear(nudge) ? anew : `${anew} ${why}`;
  return (
    `All gradients are there. Raise ${NAMES[leaf]} by ${brief(nudge)} and ${ROOT} ${way} by about ` +
    `${brief(Math.abs(expected))}: that is what ∂${ROOT}/∂${NAMES[leaf]} = ` +
    `${shown(state.right[leaf])} says. ${truth.trim()}`
  );
}

/* Where numbers stop being finite: at a leaf, at a node, or only on the way back. */
function firstEndless() {
  const node = [...graph.leaves, ...FORWARD].find((i) => !Number.isFinite(state.numbers.data[i]));
  if (node !== undefined) {
    const { name, formula } = graph.nodes[node];
    const told = [name, ...(formula ? [formula] : []), shown(state.numbers.data[node])];
    return `The first number that is not finite: ${told.join(" = ")}.`;
  }
  const k = state.steps.findIndex(({ contribution }) => !Number.isFinite(contribution));
  if (k < 0) return "";
  const { upstream, local } = state.steps[k];
  return `The first gradient that is not finite comes at step ${k + 1}: ${shown(upstream)} × ${afterSign(local)}.`;
}

/* The mistake of the naive order at this step. */
function early(step) {
  if (step.ready) return "";
  const before = state.steps.slice(0, done() - 1);
  const count = before.filter(({ parent }) => parent === step.consumer).length;
  const [name, all] = [NAMES[step.consumer], graph.expected[step.consumer]];
  const when = `with ${count} of ${all} contributions arrived`;
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
