/* The drawing comes to life: which nodes have their numbers, which edges are lit, and which way
 * numbers go along them: forward while nodes are computed, back with the gradients. */

/* The place of an edge's drawing; none where both its ends are in one box. */
function keyOf(step) {
  if (!SUMMARY) return `${step.consumer}-${step.edge}`;
  const [box, parent] = [boxOf(step.consumer), boxOf(step.parent)];
  const [turn, before] = [SUMMARY.turns[step.consumer], SUMMARY.turns[step.parent]];
  const alike = DRAWN.nodes[box].loop >= 0 && DRAWN.nodes[box].loop === DRAWN.nodes[parent].loop;
  const isNext = parent < box || (alike && (turn !== before || box === parent));
  return isNext ? `${box}-next-${parent}` : `${box}-${DRAWN.nodes[box].parents.indexOf(parent)}`;
}

function edgePartsOf(step) {
  return EDGES.get(keyOf(step));
}

/* How deep a colour is, from 0 to 1: three powers of ten below the largest there is none. */
function depth(x, largest) {
  if (x === 0 || largest === 0 || Number.isNaN(x)) return 0;
  return Math.max(0, Math.min(1, 1 + Math.log10(Math.abs(x) / largest) / 3));
}

/* Fill in a number, squeezed where its box is too narrow. */
function fillIn(text, shownText) {
  if (text.textContent === shownText) return;
  text.textContent = shownText;
  const isBold = text.classList.contains("gradient");
  const room = NUMBER_WIDTH + (IN_LINES ? 0 : 4);
  const wide = widthOf(shownText, isBold ? "bold" : "number") > room + 2;
  if (wide) text.setAttribute("textLength", room);
  else text.removeAttribute("textLength");
  if (wide) text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function showNode(box, i, node) {
  const { has, value: number, x, reached, complete, hidden, depth, lit } = node;
  const facts = [has, number, x, reached, complete, hidden, depth, node.arrived, lit];
  if (unchanged(`node-${i}`, ...facts)) return;
  const { group, value, gradient, dots } = NODES[box];
  fillIn(value, has ? brief(number) : "");
  fillIn(gradient, hidden ? "?" : reached ? brief(x) : "");
  const known = reached && !hidden;
  const kinds = {
    waiting: !has,
    computing: lit,
    reached: known,
    positive: known && x > 0,
    negative: known && x < 0,
    alarm: (known && !Number.isFinite(x)) || (has && !Number.isFinite(number)),
    wrong: known && complete && !same(x, state.right[i]),
  };
  for (const [kind, holds] of Object.entries(kinds)) group.classList.toggle(kind, holds);
  group.style.setProperty("--depth", `${depth}%`);
  dots.forEach((dot, k) => dot.classList.toggle("in", k < node.arrived));
}

function showNodes() {
  const { gradient, arrived } = progress();
  const has = hasNumber();
  const largest = Math.max(...state.right.map(Math.abs).filter(Number.isFinite), 0);
  const asked = isHidden() ? currentStep().parent : -1;
  const computing = currentNode();
  const reached = (i) => !isForward() && (i === 0 || arrived[i] > 0);
  NODES.forEach(({ group }, box) => {
    const i = MEMBERS.has(box) ? memberShown(box, has, reached) : nodeIn(box);
    if (i < 0) {
      // of many nodes: whether the present one is among them
      group.classList.toggle("computing", computing !== undefined && box === boxOf(computing));
      return;
    }
    showNode(box, i, {
      has: has[i],
      value: state.numbers.data[i],
      x: gradient[i],
      arrived: arrived[i],
      reached: reached(i),
      complete: arrived[i] === graph.expected[i],
      hidden: i === asked,
      lit: i === computing,
      depth: Math.round(100 * depth(gradient[i], largest)),
    });
  });
  FRAMES.forEach(showTurn);
}

/* Of the nodes that a box of a loop shows, from the last iteration to the first: the one that was
 * computed last or, on the way back, the one at work, else that of the iteration at work. */
function memberShown(box, has, reached) {
  const members = MEMBERS.get(box);
  if (isForward()) return members.find((i) => has[i]) ?? members.at(-1);
  return atWork(box, members) ?? members.findLast(reached) ?? members[0];
}

/* A number that goes to the iteration before stands in its box; so the parent comes first. */
function atWork(box, members) {
  const step = currentStep();
  if (!step) return undefined;
  const { parent, consumer } = step;
  const end = [parent, consumer].find((i) => boxOf(i) === box);
  if (end !== undefined) return end;
  const isSameLoop = DRAWN.nodes[boxOf(consumer)].loop === DRAWN.nodes[box].loop;
  return members.findLast((i) => isSameLoop && SUMMARY.turns[i] === SUMMARY.turns[consumer]);
}

/* Which iteration of a loop is at work. */
function showTurn({ title }, loop) {
  const step = currentStep();
  const node = step ? step.consumer : currentNode();
  const isHere = node !== undefined && node >= 0 && DRAWN.nodes[boxOf(node)].loop === loop;
  const now = isHere ? ` · now ${SUMMARY.turns[node] + 1}` : "";
  title.textContent = SUMMARY.loops[loop] + now;
}

/* Between boxes an edge is lit while one of those that it stands for is. */
function showLinks() {
  const step = currentStep();
  const key = step && keyOf(step);
  for (const [k, { group }] of EDGES) {
    group.classList.toggle("done", k === key);
    group.classList.toggle("lit", k === key);
  }
}

function showEdges() {
  if (SUMMARY) {
    showLinks();
    return;
  }
  const [count, computing] = [done(), currentNode()];
  state.steps.forEach((step, i) => {
    const isLast = i === count - 1;
    const flow = i < count && !(isLast && isHidden()) ? Math.sign(step.contribution) : NaN;
    const feeding = step.consumer === computing;
    if (unchanged(`edge-${step.consumer}-${step.edge}`, i < count, flow, isLast, feeding)) return;
    const { group } = edgePartsOf(step);
    group.classList.toggle("done", i < count);
    group.classList.toggle("positive", flow > 0);
    group.classList.toggle("negative", flow < 0);
    group.classList.toggle("lit", isLast);
    group.classList.toggle("feeding", feeding);
  });
}

/* The node that passes its gradient on, and the one that receives it. */
function showRoles(step) {
  const seed = state.at === TURN ? 0 : -1;
  const roles = { consumer: step ? step.consumer : -1, receiver: step ? step.parent : seed };
  for (const [role, node] of Object.entries(roles)) {
    const i = node < 0 ? node : boxOf(node);
    SVG.querySelectorAll(`.${role}`).forEach((group) => group.classList.remove(role));
    NODES[i]?.group.classList.add(role);
  }
}

function showGraph(changes) {
  const step = currentStep();
  showNodes();
  showEdges();
  showRoles(step);
  const aim = "at" in changes ? viewport.reveal(currentExtent()) : null;
  showTravel(step, viewport.visible(aim ?? undefined));
  showPointers();
}

/* The part of the drawing where something takes place now, and its core: the node that passes on
 * or is computed. */
function currentExtent() {
  const nodes = currentNodes();
  return { ...extent(nodes), core: extent(nodes.slice(0, 1)) };
}

function currentNodes() {
  const step = currentStep();
  if (step) return [step.consumer, step.parent];
  const node = currentNode();
  if (node !== undefined) return [node, ...graph.nodes[node].parents];
  return state.at === 0 && FORWARD.length ? [FORWARD[0]] : [0];
}

/* The box around some nodes. */
function extent(nodes) {
  const room = 12;
  const { x, y, width, height } = around(nodes.map((i) => layout.nodes[boxOf(i)]), []);
  return { x: x - room, y: y - room, width: width + 2 * room, height: height + 2 * room };
}

/* ------ clicks */

/* A click on an edge goes to its step; on a node, to the step that computes it, or on the way
 * back to the next that leads to it. */
function startGraph() {
  buildScene();
  NODES.forEach(({ group }, i) => group.addEventListener("click", () => clicked(stepOfNode(i))));
  EDGES.forEach(({ group }, key) =>
    group.addEventListener("click", () => {
      const found = state.steps.findIndex((step) => keyOf(step) === key);
      clicked(TURN + found + 1);
    }),
  );
}

function stepOfNode(i) {
  if (isForward()) return FORWARD.findIndex((node) => boxOf(node) === i) + 1;
  const into = places(state.steps, (step) => boxOf(step.parent) === i);
  const next = into.find((at) => at >= done()) ?? into[0] ?? -1;
  return TURN + next + 1;
}

function clicked(at) {
  if (dragged > DRAG) return;
  play(false);
  goTo(at);
}
