/* On paper: the graph and every step, or a quiz sheet: the same with the gradients left blank. */

let before = null;

/* Prepare for paper; what was shown before comes back afterwards. */
function toPaper(kind) {
  if (before) return;
  const { at, predict, present } = state;
  before = { at, predict, present, open: byId("all").open, fold: byId("leaves-fold").open };
  byId("all").open = true;
  byId("leaves-fold").open = true;
  document.documentElement.classList.toggle("sheet", kind === "quiz");
  state.sheet = kind === "quiz";
  change({ at: state.sheet ? TURN : lastPlace(), predict: false, present: false });
  place(bestLayout(PAPER));
  viewport.cover(layout.box);
}

/* About the room on a sheet of A4, upright. */
const PAPER = { width: 680, height: 360 };

function fromPaper() {
  if (!before) return;
  const { open, fold, ...changes } = before;
  before = null;
  byId("all").open = open;
  byId("leaves-fold").open = fold;
  document.documentElement.classList.remove("sheet");
  state.sheet = false;
  change(changes);
  viewport.measure();
  fitScene();
}

function startPaper() {
  addEventListener("beforeprint", () => toPaper("all"));
  addEventListener("afterprint", fromPaper);
  byId("print").addEventListener("click", () => print());
  byId("quiz-sheet").addEventListener("click", () => {
    toPaper("quiz");
    print();
  });
}
