/* Run buttons on the blocks of a page of the course: one Python for all of them, which begins with
 * the first click, and in which the state is kept from block to block. */

import { frame, picture, Python, theme } from "./python.js";

const python = new Python();
const blocks = [];

function element(tag, attributes, ...children) {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  found.append(...children);
  return found;
}

class Block {
  constructor(place, number) {
    this.place = place;
    this.number = number;
    this.pre = place.querySelector("pre");
    this.hasRun = false;
    this.editor = null;
    this.runs = element("button", { type: "button", class: "run" }, "Run");
    this.edits = element("button", { type: "button", class: "edit" }, "Edit");
    this.said = element("span", { class: "run-state", role: "status" });
    this.bar = element("div", { class: "run-bar" }, this.runs, this.edits, this.said);
    this.output = element("div", { class: "run-output" });
    this.output.hidden = true;
    place.after(this.bar, this.output);
    this.runs.addEventListener("click", () => press(this));
    this.edits.addEventListener("click", () => this.edit());
  }

  get code() {
    return this.editor ? this.editor.text : this.pre.textContent.replace(/\n$/, "");
  }

  /* What the page says that comes of the block as it stands there: hidden, once it ran here. */
  get printedBefore() {
    const found = this.output.nextElementSibling;
    const is = found?.matches(".highlight-none, .explained, img.picture");
    const next = found?.nextElementSibling;
    // a drawing stands there twice, for light and dark
    return is ? [found, ...(next?.matches("img.picture") && found.matches("img") ? [next] : [])] : [];
  }

  async edit() {
    if (this.editor) return;
    this.edits.hidden = true;
    const { Editor } = await import("./editor.js");
    const place = element("div", { class: "run-code" });
    const label = `Block ${this.number}. Escape and then Tab leave the editor`;
    this.place.replaceWith(place);
    this.editor = new Editor(place, { text: this.code, label, run: () => press(this) });
    this.editor.focus();
  }

  /* Run it, and show what comes in place of what the page has. */
  async run() {
    for (const old of this.printedBefore) old.hidden = true;
    this.output.replaceChildren();
    this.output.hidden = false;
    this.editor?.mark(0);
    this.said.textContent = python.isReady ? "Running" : "Python is starting";
    let wrong = false;
    const hear = (kind, text) => {
      wrong ||= kind === "error";
      this.hear(kind, text);
    };
    const file = `block ${this.number}`;
    const program = { code: this.code, file, theme: theme(), isWhole: false };
    const how = await python.run(program, hear);
    this.hasRun = how === "done" && !wrong;
    this.output.hidden = !this.output.hasChildNodes();
    this.said.textContent = how === "done" ? (wrong ? "Ended with an error" : "") : "Stopped";
    return this.hasRun;
  }

  hear(kind, text) {
    if (kind === "running") this.said.textContent = "Running";
    else if (kind === "line") this.editor?.mark(Number(text));
    else if (kind === "page") this.output.append(element("div", { class: "explained" }, frame(text)));
    else if (kind === "picture") this.output.append(picture(text));
    else if (kind === "last") this.printLast(text);
    else this.print(kind === "note" ? `${text}\n` : text, kind);
  }

  /* The end of a long output takes the place of what was the end before. */
  printLast(text) {
    const end = () => this.output.querySelector("pre:last-child > .play-last:last-child");
    if (!end()) this.print("", "last");
    end().textContent = text;
  }

  print(text, kind) {
    let last = this.output.lastElementChild;
    if (!last?.matches("pre")) {
      last = element("pre", { tabindex: "0" });
      this.output.append(last);
    }
    last.append(element("span", { class: `play-${kind}` }, text));
  }
}

/* ------ one after the other: a block needs what stands above it */

let isRunning = false;

async function press(block) {
  if (isRunning) {
    if (block.runs.textContent === "Stop") stop();
    return;
  }
  isRunning = true;
  block.runs.textContent = "Stop";
  for (const before of blocks.slice(0, blocks.indexOf(block))) {
    if (!before.hasRun && !(await before.run())) return ended(block, before);
  }
  await block.run();
  ended(block, block);
}

function ended(block, last) {
  isRunning = false;
  block.runs.textContent = "Run";
  if (last !== block) block.said.textContent = "A block above it did not come to its end";
}

function stop() {
  python.stop();
  // what they had set is gone with the Python that they ran in
  for (const block of blocks) block.hasRun = false;
}

for (const place of document.querySelectorAll("div.runnable")) {
  blocks.push(new Block(place, blocks.length + 1));
}
