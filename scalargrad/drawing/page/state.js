/* The state of the page: the numbers, the walk through them, and where in it the reader stands.
 * Everything on the page follows from this; `change` is the only way to alter it.
 *
 * The walk has three parts, one after the other: a step for each node that is computed, the seed,
 * a step for each edge on the way back. `at` counts them all; 0 is before the first. */

const PAGE = JSON.parse(byId("data").textContent);
const graph = readGraph(PAGE, KERNELS);
const NAMES = graph.nodes.map((node) => node.name);
const ROOT = NAMES[0];
/* What is left of a name that is cut to a length: its beginning, and an end that has such a share. */
function ends(share) {
  return (name, most) => {
    const end = Math.floor((most - 1) * share);
    return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`;
  };
}

/* Ways to cut names: the first that leaves them apart is taken, at last one by their place. */
const CUTS = [
  ends(0.5),
  ends(0.75),
  (name, most) => `${name.slice(0, most / 2)}…${NAMES.indexOf(name)}`,
];
const cuts = new Map();

function cut(name, most) {
  const key = `${most} ${name}`;
  if (name.length > most && !cuts.has(key)) {
    const isAlone = (by) => !NAMES.some((x) => x !== name && x.length > most && by(x, most) === by(name, most));
    cuts.set(key, (CUTS.find(isAlone) ?? CUTS.at(-1))(name, most));
  }
  return cuts.get(key) ?? name;
}

const ORDERS = { engine: engineOrder, naive: depthFirst };
/* The nodes that are computed, each after its operands. */
const FORWARD = places(graph.nodes, (node) => !node.leaf).reverse();
const TURN = FORWARD.length + 1;

const state = {
  numbers: recorded(graph),
  edited: false,
  order: "engine",
  steps: [],
  /* The gradients at the end of the engine's walk: the right ones. */
  right: [],
  at: 0,
  allDigits: false,
  playing: false,
  predict: false,
  present: false,
};

const listeners = [];

/* Have `show` called after every change, with the names of what changed. */
function onChange(show) {
  listeners.push(show);
}

function change(changes) {
  Object.assign(state, changes);
  if ("numbers" in changes || "order" in changes) rewalk();
  state.at = Math.max(0, Math.min(state.at, lastPlace()));
  for (const show of listeners) show(changes);
}

function rewalk() {
  const { steps } = walk(graph, state.numbers, ORDERS[state.order]);
  state.steps = steps;
  state.right = walk(graph, state.numbers, engineOrder).gradient;
}

/* ------ where the reader stands */

function lastPlace() {
  return TURN + state.steps.length;
}

function isForward() {
  return state.at < TURN;
}

/* How many nodes are computed. */
function computed() {
  return Math.min(state.at, FORWARD.length);
}

/* How many steps of the way back are done. */
function done() {
  return Math.max(0, state.at - TURN);
}

/* The node that is being computed; none at the start, nor on the way back. */
function currentNode() {
  return isForward() && state.at > 0 ? FORWARD[state.at - 1] : undefined;
}

/* The step of the way back that the reader looks at. */
function currentStep() {
  return state.steps[done() - 1];
}

/* "forward 2 of 3", "back 1 of 4". */
function placeText() {
  if (isForward()) return `forward ${state.at} of ${FORWARD.length}`;
  return `back ${done()} of ${state.steps.length}`;
}

/* The gradient of each node as far as it has come, and how many contributions are in. */
function progress() {
  const gradient = graph.nodes.map(() => 0);
  const arrived = graph.nodes.map(() => 0);
  if (!isForward()) gradient[0] = 1;
  for (const step of state.steps.slice(0, done())) {
    gradient[step.parent] = step.total;
    arrived[step.parent] = step.arrived;
  }
  return { gradient, arrived };
}

/* Whether each node has its number yet. */
function hasNumber() {
  const found = graph.nodes.map((node) => node.leaf);
  for (const i of FORWARD.slice(0, computed())) found[i] = true;
  return found;
}

function shown(x) {
  return state.allDigits ? repr(x).replaceAll("-", "−") : brief(x);
}

/* A number as it stands after a sign: 3 × (−4). */
function afterSign(x, text = shown(x)) {
  return text.startsWith("−") ? `(${text})` : text;
}

function edgeOf(step) {
  return graph.nodes[step.consumer].edges[step.edge];
}
