/* The page begins: everything is shown once, and again after each change. */

function showHeading() {
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const value = number(state.numbers.data[0], { id: "result" });
  const formula = PAGE.formula ? [" = ", element("span", { class: "formula" }, PAGE.formula)] : [];
  const known = isForward() && state.at < FORWARD.length ? [] : [" = ", value];
  fill(byId("heading"), element("em", {}, ROOT), ...formula, ...known);
  const sizes = [count(graph.nodes.length, "node"), count(state.steps.length, "edge")];
  const part = PAGE.summary?.whole ? "" : "; too many to be drawn one by one: explain a part";
  const many = SUMMARY ? `; a box stands for nodes that are alike${part}` : "";
  const said = FRAMES.size ? "; a loop shows its body once" : many;
  byId("said-of-all").textContent =
    `Forward, node by node; back, edge by edge: ${sizes.join(", ")}${said}`;
}

/* A summary is opened and folded again by another address, which the page begins with. */
function startFolding() {
  const fold = byId("fold");
  fold.hidden = !PAGE.summary?.whole || location.protocol === "about:";
  const hasLoops = PAGE.summary?.boxes.some(({ loop }) => loop >= 0);
  const [open, close] = hasLoops
    ? ["Show every iteration", "Fold the loops"]
    : ["Show every node", "Show the summary"];
  fold.textContent = SUMMARY ? open : close;
  fold.addEventListener("click", () => {
    const { pathname, search } = location;
    window.history.replaceState(null, "", `${pathname}${search}#${written(Boolean(SUMMARY))}`);
    location.reload();
  });
}

function speak() {
  byId("spoken").textContent = spokenStep();
}

/* ------ all steps as tables: costly where there are many, so only once someone looks */

function showSteps() {
  const { open } = byId("all");
  const asked = isHidden() ? done() : 0;
  const [forward, back] = ["nodes", "steps"].map((id) => byId(id).tBodies[0]);
  if (!unchanged("steps", open, state.steps, state.allDigits, asked, state.sheet)) {
    fill(forward, ...(open ? FORWARD.map(nodeRow) : []));
    fill(back, ...(open ? state.steps.map(stepRow) : []));
  }
  byId("all").querySelector("tr.current")?.classList.remove("current");
  forward.rows[isForward() ? state.at - 1 : -1]?.classList.add("current");
  back.rows[done() - 1]?.classList.add("current");
}

function goButton(text, at) {
  const label = { type: "button", class: "quiet", "aria-label": `Go to ${text}` };
  const go = element("button", label, text.split(" ").at(-1));
  go.addEventListener("click", () => stepBy(at - state.at));
  return element("td", {}, go);
}

function nodeRow(i, k) {
  const node = graph.nodes[i];
  const formula = `${node.name} = ${node.formula}`;
  const cell = element("td", { class: "number" }, number(state.numbers.data[i]));
  return element("tr", {}, goButton(`forward ${k + 1}`, k + 1), element("td", {}, formula), cell);
}

function stepRow(step, i) {
  const known = !(isHidden() && i >= done() - 1);
  const values = [step.upstream, step.local, step.contribution, step.total];
  const blank = () => element("span", { class: "blank" });
  const said = (x) => (state.sheet ? blank() : known ? number(x) : secret());
  const cells = values.map((x) => element("td", { class: "number" }, said(x)));
  const names = [NAMES[step.consumer], NAMES[step.parent]].map((name) => element("td", {}, name));
  return element("tr", {}, goButton(`step ${i + 1}`, TURN + i + 1), ...names, ...cells);
}

/* ------ the drawing in its pane */

/* Lay the graph out for the room that there is, and see all of it, or the present place where the
 * whole would be too small to be read. */
function fitScene() {
  const found = bestLayout(viewport.size);
  if (found !== layout) place(found);
  viewport.cover(layout.box);
  viewport.move(viewport.fitted());
  const aim = viewport.showing(currentExtent());
  if (aim) viewport.move(aim);
  showTravel(currentStep(), viewport.visible());
}

function startResizing() {
  const { width, height } = viewport.size;
  let known = `${width} ${height}`;
  new ResizeObserver(() => {
    viewport.measure();
    const now = `${viewport.size.width} ${viewport.size.height}`;
    if (now === known || before) return;
    known = now;
    arrange();
    fitScene();
  }).observe(byId("graph"));
}

const CONTROLS = [startAddress, startFolding, startZooming, startGraph, startPointers, startQuiz, startLeaves, startDownhill];
byId("graph").append(SVG);
// while the drawing is empty
viewport.measure();
holdAtFirst();
for (const start of [...CONTROLS, startControls, startPaper]) start();
byId("all").addEventListener("toggle", showSteps);
fitScene();
const PARTS = [showHeading, showLesson, showSums, showQuiz, showLeaves, showControls, showGraph];
for (const show of [...PARTS, showSteps, showPresent, showAddress, speak]) onChange(show);
change({ numbers: recorded(graph), ...asked(location.hash) });
dress(keptTheme());
fitScene();
startResizing();
