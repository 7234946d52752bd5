/* The page Play: an editor, Run, and what the program came to. */

import { isLink, packed, unpacked } from "./address.js";
import { Editor } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { frame, picture, Python, theme } from "./python.js";

const KEPT = "scalargrad program";
const MARKUP = `
  <div class="play-work">
    <div class="play-bar">
      <button type="button" id="play-run" title="Run the program (Ctrl or ⌘ and Enter)"
        aria-keyshortcuts="Control+Enter Meta+Enter">Run</button>
      <button type="button" id="play-stop" disabled>Stop</button>
      <label class="play-choice"><span>Example</span><select id="play-examples"></select></label>
      <button type="button" id="play-share" title="A link that carries the program">Link</button>
    </div>
    <div id="play-code"></div>
    <p id="play-state" role="status"></p>
    <pre id="play-output" hidden tabindex="0" role="log" aria-label="What the program prints"></pre>
  </div>
  <div id="play-shown" class="play-shown explained" ></div>`;

const byId = (id) => document.getElementById(id);
const python = new Python();
let editor;

function say(text) {
  byId("play-state").textContent = text;
}

/* ------ output */

function print(text, kind) {
  const part = document.createElement("span");
  part.className = `play-${kind}`;
  part.textContent = text;
  const output = byId("play-output");
  output.append(part);
  output.hidden = false;
  output.scrollTop = output.scrollHeight;
}

/* The end of a long output: it takes the place of what was the end before. */
function printLast(text) {
  if (!byId("play-output").lastElementChild?.matches(".play-last")) print("", "last");
  const output = byId("play-output");
  output.lastElementChild.textContent = text;
  output.scrollTop = output.scrollHeight;
}

/* What the program came to; the one before it stays, faded, as long as there is nothing else. */
function shown(element) {
  element.id = "play-page";
  const place = byId("play-shown");
  place.replaceChildren(element);
  place.classList.remove("old");
}

function empty(text) {
  const found = document.createElement("p");
  found.textContent = text;
  shown(found);
}

const HEAR = {
  running: () => say("Running"),
  printed: (text) => print(text, "printed"),
  last: printLast,
  note: (text) => print(`${text}\n`, "note"),
  error: (text) => print(text, "error"),
  line: (text) => editor.mark(Number(text)),
  page: (html) => shown(frame(html)),
  picture: (svg) => shown(picture(svg)),
};

/* ------ running */

const ENDS = {
  done: (seconds) => `Done in ${seconds.toFixed(2)} s`,
  stopped: () => "Stopped. Python starts anew",
  failed: () => "Python has ended. Run starts it anew",
};

const NO_PAGE = "The program came to no Value, so there is no page of one";
const NOTED = "The output says why there is no page";
const NO_END = "The program did not come to its end: there is no page of it";

/* Two clicks are one run; an example that is chosen meanwhile ends it, and runs next. */
let [isRunning, isNextWaiting] = [false, false];

async function run() {
  if (isRunning) return;
  enable(true);
  byId("play-output").hidden = true;
  byId("play-output").replaceChildren();
  byId("play-shown").classList.add("old");
  editor.mark(0);
  say(python.isReady ? "Running" : "Python is starting");
  let [begin, wrong, noted] = [performance.now(), false, false];
  const hear = (kind, text) => {
    if (kind === "running") begin = performance.now();
    if (kind === "error") wrong = true;
    if (kind === "note") noted = true;
    HEAR[kind](text);
  };
  const program = { code: editor.text, file: "program", theme: theme(), isWhole: true };
  const how = await python.run(program, hear);
  enable(false);
  const why = how !== "done" || wrong ? NO_END : noted ? NOTED : NO_PAGE;
  if (byId("play-shown").matches(".old")) empty(why);
  const seconds = (performance.now() - begin) / 1000;
  say(how === "done" && wrong ? "Ended with an error" : ENDS[how](seconds));
  if (isNextWaiting) {
    isNextWaiting = false;
    run();
  }
}

function enable(running) {
  isRunning = running;
  const [button, stop] = [byId("play-run"), byId("play-stop")];
  const hadFocus = document.activeElement;
  button.disabled = running;
  stop.disabled = !running;
  // the one that was pressed cannot keep the focus, and must not lose it
  const next = running ? stop : button;
  if ([button, stop].includes(hadFocus)) next.focus({ preventScroll: true });
}

/* ------ programs */

function keep() {
  byId("play-examples").value = nameOf(editor.text);
  try {
    sessionStorage.setItem(KEPT, editor.text);
  } catch {
    // refused, or full: then a reload begins anew
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function nameOf(text) {
  const found = [...EXAMPLES].find(([, example]) => example.text === text);
  return found ? found[0] : "";
}

function offer() {
  const options = [...EXAMPLES].map(([name, { title }]) => new Option(title, name));
  const own = new Option("Your own program", "");
  own.hidden = true;
  byId("play-examples").replaceChildren(own, ...options);
}

function choose() {
  const example = EXAMPLES.get(byId("play-examples").value);
  if (!example) return;
  editor.text = example.text;
  if (isRunning) {
    isNextWaiting = true;
    python.stop();
  } else run();
}

async function share() {
  history.replaceState(null, "", await packed(editor.text));
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied. It carries the program itself");
  } catch {
    say("The address of this page carries the program now: copy it from there");
  }
}

const BROKEN = "The program in this link cannot be read: the link was cut off, or changed. Copy all of it";

/* A program that came by a link is shown, and not run before its reader wants it. */
async function follow() {
  const found = await unpacked(location.hash);
  if (found === null) return isLink(location.hash) ? say(BROKEN) : undefined;
  editor.text = found;
  say("This program came with the link. Read it, then run it");
}

async function start() {
  byId("play-root").innerHTML = MARKUP;
  offer();
  empty("Press Run: what the program comes to stands here");
  const first = EXAMPLES.get("neuron").text;
  const linked = await unpacked(location.hash);
  const text = linked ?? kept() ?? first;
  const label = "Program in Python. Escape and then Tab leave the editor";
  editor = new Editor(byId("play-code"), { text, label, run, changed: keep });
  keep();
  if (linked === null && isLink(location.hash)) say(BROKEN);
  byId("play-run").addEventListener("click", run);
  byId("play-stop").addEventListener("click", () => python.stop());
  byId("play-share").addEventListener("click", share);
  byId("play-examples").addEventListener("change", choose);
  addEventListener("hashchange", follow);
  python.start();
  document.documentElement.dataset.play = "ready";
}

start();
