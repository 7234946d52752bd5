/* What the page shows: the numbers, the walk through them, and where in it the reader stands.
 * Everything on the page follows from this; `change` is the only way to alter it. */

const PAGE = JSON.parse(byId("data").textContent);
const graph = readGraph(PAGE, KERNELS);
const NAMES = graph.nodes.map((node) => node.name);
const ROOT = NAMES[0];
const ORDERS = { engine: engineOrder, naive: depthFirst };

const state = {
  numbers: recorded(graph),
  edited: false,
  order: "engine",
  steps: [],
  /* The gradients at the end of the engine's walk: the right ones. */
  right: [],
  /* How many steps are done: 0 is before the first. */
  at: 0,
  allDigits: false,
  playing: false,
  predict: false,
};

const listeners = [];

/* Have `show` called after every change, with the names of what changed. */
function onChange(show) {
  listeners.push(show);
}

function change(changes) {
  Object.assign(state, changes);
  if ("numbers" in changes || "order" in changes) rewalk();
  state.at = Math.max(0, Math.min(state.at, state.steps.length));
  for (const show of listeners) show(changes);
}

function rewalk() {
  const { steps } = walk(graph, state.numbers, ORDERS[state.order]);
  state.steps = steps;
  state.right = walk(graph, state.numbers, engineOrder).gradient;
}

/* The step that the reader looks at; none before the first. */
function currentStep() {
  return state.steps[state.at - 1];
}

/* The gradient of each node as far as it has come, and how many contributions are in. */
function progress() {
  const gradient = graph.nodes.map(() => 0);
  const arrived = graph.nodes.map(() => 0);
  gradient[0] = 1;
  for (const step of state.steps.slice(0, state.at)) {
    gradient[step.parent] = step.total;
    arrived[step.parent] = step.arrived;
  }
  return { gradient, arrived };
}

function shown(x) {
  return (state.allDigits ? repr(x) : brief(x)).replaceAll("-", "−");
}

function edgeOf(step) {
  return graph.nodes[step.consumer].edges[step.edge];
}
