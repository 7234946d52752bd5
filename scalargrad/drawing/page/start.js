/* The page begins: everything is shown once, and again after each change. */

function showHeading() {
  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const value = number(state.numbers.data[0], { id: "result" });
  fill(byId("heading"), element("em", {}, ROOT), " = ", value);
  const sizes = [count(graph.nodes.length, "node"), count(state.steps.length, "edge")];
  byId("summary").textContent = `The way back, edge by edge: ${sizes.join(", ")}`;
}

function speak() {
  byId("spoken").textContent = spokenStep();
}

/* All steps as a table: costly where there are many, so only once someone looks. */
function showSteps() {
  const body = byId("steps").tBodies[0];
  const { open } = byId("all");
  const asked = isHidden() ? state.at : 0;
  if (!unchanged("steps", open, state.steps, state.allDigits, asked)) {
    fill(body, ...(open ? state.steps.map(stepRow) : []));
  }
  body.querySelector(".current")?.classList.remove("current");
  body.rows[state.at - 1]?.classList.add("current");
}

function stepRow(step, i) {
  const known = !(isHidden() && i >= state.at - 1);
  const values = [step.upstream, step.local, step.contribution, step.total];
  const cells = values.map((x) => element("td", { class: "number" }, known ? number(x) : secret()));
  const names = [NAMES[step.consumer], NAMES[step.parent]].map((name) => element("td", {}, name));
  const go = element(
    "button",
    { type: "button", class: "quiet", "aria-label": `Go to step ${i + 1}` },
    String(i + 1),
  );
  go.addEventListener("click", () => stepBy(i + 1 - state.at));
  return element("tr", {}, element("td", {}, go), ...names, ...cells);
}

/* On paper the graph is whole and all steps stand below, whatever the screen shows. */
function startPrinting() {
  const all = byId("all");
  let before = {};
  addEventListener("beforeprint", () => {
    before = { open: all.open, box: viewport.box };
    all.open = true;
    showSteps();
    viewport.move(viewport.whole);
  });
  addEventListener("afterprint", () => {
    all.open = before.open;
    showSteps();
    viewport.move(before.box);
  });
  all.addEventListener("toggle", showSteps);
}

/* Seen whole at first. Without the drawing in it the pane is measured in a tenth of the time. */
function showWhole() {
  SVG.style.display = "none";
  viewport.move(viewport.fitted());
  SVG.style.display = "";
}

function startResizing() {
  addEventListener("resize", () => {
    arrange();
    viewport.move(viewport.fitted());
    if (currentStep()) viewport.reveal(extent(currentStep()));
  });
}

const CONTROLS = [startZooming, startGraph, startQuiz, startLeaves, startControls];
for (const start of [...CONTROLS, startPrinting, startResizing]) start();
const PARTS = [showHeading, showLesson, showSums, showQuiz, showLeaves, showControls, showGraph];
for (const show of [...PARTS, showSteps, speak]) onChange(show);
change({ numbers: recorded(graph), at: 0 });
showTheme();
showWhole();
