/* What the reader can press, click and type: steps, playing, switches, theme. */

const PACE = 1400;
let timer = 0;

function goTo(at) {
  change({ at: Math.max(0, Math.min(at, state.steps.length)) });
}

function play(on) {
  clearTimeout(timer);
  if (on && state.at >= state.steps.length) change({ at: 0 });
  change({ playing: on });
  if (on) playOn();
}

/* The next step; a question to the reader, or the end, stops the playing. */
function playOn() {
  goTo(state.at + 1);
  const more = state.at < state.steps.length && !isHidden();
  if (more) timer = setTimeout(playOn, PACE / Number(byId("speed").value));
  else play(false);
}

function stepBy(count) {
  play(false);
  goTo(state.at + count);
}

function toggle(id) {
  byId(id).click();
}

/* Keys that work everywhere but in a field where they are typed. */
const KEYS = {
  ArrowRight: () => stepBy(1),
  ArrowLeft: () => stepBy(-1),
  Home: () => stepBy(-Infinity),
  End: () => stepBy(Infinity),
  " ": () => play(!state.playing),
  p: () => toggle("predict"),
  a: () => toggle("all-digits"),
  t: () => toggle("theme"),
  d: () => toggle(state.order === "engine" ? "order-naive" : "order-engine"),
  "+": () => viewport.zoom(STEP),
  "=": () => viewport.zoom(STEP),
  "-": () => viewport.zoom(1 / STEP),
  0: () => viewport.fit(),
};

function typing(target) {
  return target.matches("input[type=text], select, input[type=range]");
}

/* A button or a switch takes the space bar, a row of choices the arrows. */
function takes(target, key) {
  if (key === " ") return target.matches("button, input, summary");
  return key.startsWith("Arrow") && target.matches("input[type=radio]");
}

function pressed(event) {
  const chord = event.ctrlKey || event.metaKey || event.altKey;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || chord || typing(event.target) || takes(event.target, event.key)) return;
  event.preventDefault();
  action();
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  byId("theme").setAttribute("aria-pressed", String(isDark()));
}

/* A page that this one is set into says which theme it has: light, dark or auto. */
function followParent(event) {
  const theme = event.source === parent && parent !== window ? event.data?.theme : null;
  if (!["light", "dark", "auto"].includes(theme)) return;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  showTheme();
}

function switchTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
}

function showControls() {
  const count = state.steps.length;
  byId("position").max = count;
  byId("position").value = state.at;
  byId("position").style.setProperty("--share", count ? state.at / count : 1);
  byId("position").setAttribute(
    "aria-valuetext",
    state.at ? `step ${state.at} of ${count}` : "start",
  );
  byId("place").textContent = `${state.at} / ${count}`;
  for (const id of ["first", "back"]) byId(id).disabled = state.at === 0;
  for (const id of ["forward", "last"]) byId(id).disabled = state.at === count;
  byId("play").disabled = count === 0;
  byId("play").classList.toggle("playing", state.playing);
  byId("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
}

function startControls() {
  const clicks = { first: -Infinity, back: -1, forward: 1, last: Infinity };
  for (const [id, by] of Object.entries(clicks))
    byId(id).addEventListener("click", () => stepBy(by));
  byId("play").addEventListener("click", () => play(!state.playing));
  byId("position").addEventListener("input", (event) => {
    const at = Number(event.target.value);
    play(false);
    goTo(at);
  });
  for (const order of Object.keys(ORDERS)) {
    byId(`order-${order}`).addEventListener("change", () => change({ order }));
  }
  byId("predict").addEventListener("change", (event) => change({ predict: event.target.checked }));
  byId("all-digits").addEventListener("change", (event) =>
    change({ allDigits: event.target.checked }),
  );
  byId("theme").addEventListener("click", switchTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  addEventListener("keydown", pressed);
  addEventListener("message", followParent);
}
