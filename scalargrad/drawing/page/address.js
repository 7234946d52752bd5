/* The state in the address: #step=3&order=naive&predict. A link leads to the very place; `?embed`,
 * or a frame around the page, makes it part of another page. */

function isEmbedded() {
  return parent !== window || new URLSearchParams(location.search).has("embed");
}

/* The state as the part of an address behind #. */
function written(whole = isWhole()) {
  const parts = [];
  if (!isForward()) parts.push(`step=${done()}`);
  else if (state.at) parts.push(`forward=${state.at}`);
  if (state.order !== "engine") parts.push(`order=${state.order}`);
  for (const [name, key] of SWITCHES) if (state[key]) parts.push(name);
  if (editsText()) parts.push(`set=${editsText()}`);
  if (whole) parts.push("whole");
  return parts.join("&");
}

/* The leaves that have other numbers than at first, as place:number. */
function editsText({ data } = state.numbers) {
  const edited = graph.leaves.filter((i) => !Object.is(data[i], graph.nodes[i].data));
  return edited.map((i) => `${i}:${repr(data[i])}`).join(",");
}

/* The change to the numbers with these edits; what cannot be read is left out. */
function withEdits(text) {
  const { data } = recorded(graph);
  for (const edit of text.split(",")) {
    const [i, x] = edit.split(":");
    const isNumber = x && (x === "nan" || !Number.isNaN(fromRepr(x)));
    if (isNumber && graph.nodes[i]?.leaf && graph.editable[i]) data[i] = fromRepr(x);
  }
  const numbers = evaluate(graph, data);
  return editsText(numbers) ? { numbers, edited: true } : { numbers: recorded(graph), edited: false };
}

const SWITCHES = [
  ["predict", "predict"],
  ["digits", "allDigits"],
  ["present", "present"],
];

/* The changes that an address asks for; what it does not name is as at first. */
function asked(hash) {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  const changes = { order: Object.hasOwn(ORDERS, found.get("order")) ? found.get("order") : "engine" };
  for (const [name, key] of SWITCHES) changes[key] = found.has(name);
  const whole = (name) => Math.max(0, Math.trunc(Number(found.get(name))) || 0);
  changes.at = found.has("step") ? TURN + whole("step") : Math.min(whole("forward"), TURN - 1);
  const edits = found.get("set") ?? "";
  return edits === editsText() ? changes : { ...changes, ...withEdits(edits) };
}

function showAddress() {
  // a page that is written into a frame has no address of its own
  if (location.protocol === "about:") return;
  const hash = written();
  if (location.hash.slice(1) === hash) return;
  try {
    window.history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    // refused where the page has no origin: then there is nothing to link to
  }
}

/* ------ within another page */

/* A notebook does not listen, but lets a frame of its own be changed. */
function grow(height) {
  try {
    window.frameElement.style.height = `${height}px`;
  } catch {
    // a page from elsewhere: it has to do so itself
  }
}

/* Tell the page around how high this one is, so that nothing scrolls within it. It only grows:
 * text around it that moved at every step could not be read. */
function tellHeight() {
  let told = 0;
  const tell = () => {
    // a pixel too few, and the wheel would scroll within
    const height = Math.ceil(document.body.getBoundingClientRect().height) + 2;
    if (height <= told) return;
    told = height;
    grow(height);
    parent.postMessage({ height }, "*");
  };
  new ResizeObserver(tell).observe(document.body);
  addEventListener("message", (event) => {
    if (event.source !== parent || event.data?.ask !== "height") return;
    told = 0;
    tell();
  });
}

function startAddress() {
  if (isEmbedded()) {
    document.documentElement.classList.add("embedded");
    // beside the graph: the end of the page may be out of sight
    document.querySelector(".stage").after(document.querySelector(".transport"));
  }
  if (parent !== window) tellHeight();
  addEventListener("hashchange", () => change(asked(location.hash)));
}
