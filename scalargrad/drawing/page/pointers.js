/* Where an end of the lit edge is out of view: a pointer to it at the border of the pane, with its
 * name and its gradient. A click brings it into view. */

const POINTERS = new Map();
const POINTER = { inset: 6, height: 30, slack: 3 };
const SAID = { consumer: "which passes on", receiver: "which receives" };
const ARROWS = "→↘↓↙←↖↑↗";

function startPointers() {
  for (const [role, said] of Object.entries(SAID)) {
    const told = { class: `pointer ${role}`, "aria-label": `Show the node ${said}` };
    const button = element("button", { type: "button", hidden: true, ...told });
    button.addEventListener("click", () => bring(endsOf(currentStep())[role]));
    POINTERS.set(role, button);
    byId("graph").append(button);
  }
  viewport.shown = showPointers;
}

function endsOf(step) {
  return step ? { consumer: step.consumer, receiver: step.parent } : {};
}

function boxIn(i) {
  return cornered(layout.nodes[boxOf(i)]);
}

function isAway(i, view) {
  const { slack } = POINTER;
  return !contains(view, grownBy(boxIn(i), -slack));
}

function grownBy({ x, y, width, height }, by) {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

function bring(node) {
  if (node === undefined) return;
  const size = viewport.visible();
  viewport.glide({ ...corner(boxIn(node), size), width: size.width, height: size.height });
}

/* ------ what it says */

function pointerText(role, node) {
  const { gradient } = progress();
  const asked = role === "receiver" && isHidden();
  return `${nameShown(graph.nodes[node])} ${asked ? "?" : brief(gradient[node])}`;
}

/* About how wide it is, in pixels. */
function pointerWidth(text) {
  return widthOf(text, "number") + 46;
}

/* ------ where it stands: on the edge, where that leaves the view */

/* The middle of the pointer to an end of the edge, in units of the drawing. */
function pointerPlace(step, role, view, size) {
  const { x, y, width, height } = grownBy(view, -POINTER.inset / viewport.scale(view));
  const inside = {
    x: x + size.width / 2,
    y: y + size.height / 2,
    width: width - size.width,
    height: height - size.height,
  };
  const goal = layout.nodes[boxOf(endsOf(step)[role])];
  const at = exitOf(step, role, inside) ?? goal;
  const within = (z, first, extent) => Math.max(first, Math.min(first + Math.max(0, extent), z));
  return { x: within(at.x, inside.x, inside.width), y: within(at.y, inside.y, inside.height) };
}

/* Where the edge, followed from its end in view, leaves a box; undefined where it never was in it. */
function exitOf(step, role, box) {
  const path = edgePartsOf(step)?.path;
  if (!path) return undefined;
  const length = path.getTotalLength();
  const count = 80;
  let last;
  for (let k = 0; k <= count; k++) {
    const share = role === "receiver" ? 1 - k / count : k / count;
    const at = path.getPointAtLength(length * share);
    if (contains(box, { ...at, x: at.x, y: at.y, width: 0, height: 0 })) last = at;
    else if (last) break;
  }
  return last;
}

/* The pointers to what a view leaves out, as boxes in units of the drawing. */
function pointersIn(step, view) {
  const scale = viewport.scale(view);
  return Object.entries(endsOf(step))
    .filter(([, node]) => isAway(node, view))
    .map(([role, node]) => {
      const text = pointerText(role, node);
      const size = { width: pointerWidth(text) / scale, height: POINTER.height / scale };
      return { role, node, text, ...size, ...pointerPlace(step, role, view, size) };
    });
}

function showPointers() {
  if (!layout) return;
  const view = viewport.visible();
  const found = new Map(pointersIn(currentStep(), view).map((x) => [x.role, x]));
  for (const [role, button] of POINTERS) {
    const pointer = found.get(role);
    button.hidden = !pointer;
    if (pointer) putPointer(button, pointer, view);
  }
}

function putPointer(button, { role, node, text, x, y }, view) {
  const goal = layout.nodes[boxOf(node)];
  const turn = Math.round(Math.atan2(goal.y - y, goal.x - x) / (Math.PI / 4));
  button.textContent = `${ARROWS[(turn + 8) % 8]} ${text}`;
  button.setAttribute("aria-label", `Show ${NAMES[node]}, ${SAID[role]}: it is out of view`);
  const scale = viewport.scale();
  button.style.left = `${((x - view.x) * scale).toFixed(1)}px`;
  button.style.top = `${((y - view.y) * scale).toFixed(1)}px`;
  button.style.width = `${pointerWidth(text).toFixed(1)}px`;
}
