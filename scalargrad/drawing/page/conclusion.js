/* What a step, and the end of the walk, comes to: a conclusion, or what the naive order gets wrong. */

const NUDGE = 0.01;
/* What is still "about" as much: beyond it a gate bends, or has a kink. */
const ABOUT = 0.25;

/* What the gradients are good for: the leaf that matters most, moved a little. */
function conclusion() {
  if (state.at < lastPlace() || isHidden() || !state.steps.length) return "";
  const wrong = mistakes();
  if (wrong) return wrong;
  const candidates = graph.leaves.filter((i) => graph.editable[i] && state.right[i]);
  const steepest = candidates.reduce(
    (best, i) => (Math.abs(state.right[i]) > Math.abs(state.right[best] ?? 0) ? i : best),
    -1,
  );
  if (steepest < 0 || !Number.isFinite(state.right[steepest])) return "";
  return sayNudge(steepest);
}

function sayNudge(leaf) {
  const data = [...state.numbers.data];
  data[leaf] += NUDGE;
  const moved = evaluate(graph, data, false).data[0] - state.numbers.data[0];
  const expected = NUDGE * state.right[leaf];
  const way = expected > 0 ? "rises" : "falls";
  const really = Math.sign(moved) === Math.sign(expected);
  const anew = really ? `Computed anew it ${way} by ${brief(Math.abs(moved))}.` : "";
  const why = kinkAt(leaf) ? "Above the kink there the slope is another." : "So far away the slope is another already.";
  const truth = close(moved, expected, ABOUT) ? anew : `${anew} ${why}`;
  return (
    `All gradients are there. Raise ${NAMES[leaf]} by ${NUDGE} and ${ROOT} ${way} by about ` +
    `${brief(Math.abs(expected))}: that is what ∂${ROOT}/∂${NAMES[leaf]} = ` +
    `${shown(state.right[leaf])} says. ${truth.trim()}`
  );
}

/* What the naive order does wrong at this step. */
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
