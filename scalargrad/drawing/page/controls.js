/* All that the reader can press, click and type: steps, playing, switches, theme, the large view. */

const PACE = 1400;
let timer = 0;

function goTo(at) {
  change({ at: Math.max(0, Math.min(at, lastPlace())) });
}

function play(on) {
  clearTimeout(timer);
  if (on && state.at >= lastPlace()) change({ at: 0 });
  change({ playing: on });
  if (on) playOn();
}

/* The next step; a question to the reader, or the end, stops the playing. */
function playOn() {
  goTo(state.at + 1);
  const more = state.at < lastPlace() && !isHidden();
  if (more) timer = setTimeout(playOn, PACE / Number(byId("speed").value));
  else play(false);
}

function stepBy(count) {
  play(false);
  goTo(state.at + count);
}

function goTurn() {
  play(false);
  goTo(TURN);
}

function toggle(id) {
  byId(id).click();
}

/* Keys that work everywhere but in a field where they are typed. */
const KEYS = {
  ArrowRight: () => stepBy(1),
  ArrowLeft: () => stepBy(-1),
  PageDown: () => stepBy(1),
  PageUp: () => stepBy(-1),
  Home: () => stepBy(-Infinity),
  End: () => stepBy(Infinity),
  Escape: leave,
  " ": () => play(!state.playing),
  b: goTurn,
  f: () => present(!state.present),
  p: () => toggle("predict"),
  a: () => toggle("all-digits"),
  t: () => toggle("theme"),
  d: () => toggle(state.order === "engine" ? "order-naive" : "order-engine"),
  "+": () => viewport.zoom(STEP),
  "=": () => viewport.zoom(STEP),
  "-": () => viewport.zoom(1 / STEP),
  0: () => viewport.fit(),
};

/* Keys that step and leave wherever the focus is: a clicker in the lecture hall has no others. */
const FREE = ["Escape", "PageDown", "PageUp"];

function isText(target) {
  return target.matches("input[type=text]");
}

function typing(target, key) {
  return !FREE.includes(key) && target.matches("select, input[type=range], input[type=text]");
}

/* Escape leaves the field of text, and where there is none the large view. */
function leave() {
  if (isText(document.activeElement)) document.activeElement.blur();
  else present(false);
}

/* A button or a switch takes the space bar, a row of choices the arrows. */
function takes(target, key) {
  if (key === " ") return target.matches("button, input, summary");
  return key.startsWith("Arrow") && target.matches("input[type=radio]");
}

function pressed(event) {
  const chord = event.ctrlKey || event.metaKey || event.altKey;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || chord || typing(event.target, event.key) || takes(event.target, event.key)) return;
  if (event.key === "Escape" && !state.present && !isText(event.target)) return;
  event.preventDefault();
  action();
}

/* ------ the large view: the graph and one equation */

function present(on) {
  change({ present: on });
  const whole = document.documentElement;
  // refused in a frame, and without a click or a key: the large view is there all the same
  if (on) whole.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) leaveFullScreen();
}

/* Whether the page itself has asked to leave the full screen. The browser does so later, and by then
   the reader may have asked for the large view again. */
let leaving = false;

function leaveFullScreen() {
  leaving = true;
  document.exitFullscreen().catch(() => {
    leaving = false;
  });
}

function followFullScreen() {
  if (document.fullscreenElement) {
    if (!state.present) leaveFullScreen();
    return;
  }
  if (state.present && !leaving) change({ present: false });
  leaving = false;
}

function showPresent(changes) {
  if (!("present" in changes)) return;
  const { classList } = document.documentElement;
  if (classList.contains("present") === state.present) return;
  classList.toggle("present", state.present);
  viewport.measure();
  fitScene();
}

/* ------ light and dark */

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  byId("theme").setAttribute("aria-pressed", String(isDark()));
}

/* The theme of the page around this one: light, dark or auto; a choice made here beside it
 * is kept. Where nothing can be kept, in a frame of another origin, the choice is for now. */
let outside = "";

function themeKey() {
  return `scalargrad theme ${outside}`;
}

function keptTheme() {
  try {
    return localStorage.getItem(themeKey());
  } catch {
    return null;
  }
}

function dress(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  showTheme();
}

function followParent(event) {
  const theme = event.source === parent && parent !== window ? event.data?.theme : null;
  if (!["light", "dark", "auto"].includes(theme)) return;
  outside = theme;
  dress(keptTheme() ?? theme);
}

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  dress(theme);
  try {
    localStorage.setItem(themeKey(), theme);
  } catch {
    // refused
  }
}

/* ------ all of it */

function showControls() {
  const last = lastPlace();
  const slider = byId("position");
  slider.max = last;
  slider.value = state.at;
  slider.style.setProperty("--share", last ? state.at / last : 1);
  slider.style.setProperty("--turn", last ? TURN / last : 0);
  slider.setAttribute("aria-valuetext", placeText());
  byId("place").textContent = placeText();
  for (const id of ["first", "back"]) byId(id).disabled = state.at === 0;
  for (const id of ["forward", "last"]) byId(id).disabled = state.at === last;
  byId("turn").setAttribute("aria-pressed", String(!isForward()));
  byId("play").classList.toggle("playing", state.playing);
  byId("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  byId(`order-${state.order}`).checked = true;
  byId("predict").checked = state.predict;
  byId("all-digits").checked = state.allDigits;
}

function startControls() {
  const clicks = { first: -Infinity, back: -1, forward: 1, last: Infinity };
  for (const [id, by] of Object.entries(clicks))
    byId(id).addEventListener("click", () => stepBy(by));
  byId("play").addEventListener("click", () => play(!state.playing));
  byId("turn").addEventListener("click", goTurn);
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
  for (const id of ["present", "leave"]) {
    byId(id).addEventListener("click", () => present(!state.present));
  }
  addEventListener("fullscreenchange", followFullScreen);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  addEventListener("keydown", pressed);
  addEventListener("message", followParent);
}
