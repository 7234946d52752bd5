/* Runs the visitor's Python, away from the page, which may end it at any time. */

import { write } from "./files.js";
import { loadPyodide } from "./pyodide.mjs";

const HERE = new URL("./", import.meta.url).href;

async function file(name) {
  const found = await fetch(HERE + name);
  if (!found.ok) throw new Error(`${name}: ${found.status} ${found.statusText}`);
  return found;
}

/* The memory of a Python that has imported scalargrad: it begins there, and not before. */
async function memory() {
  const { body } = await file("python.gz");
  const whole = new Response(body.pipeThrough(new DecompressionStream("gzip")));
  return new Uint8Array(await whole.arrayBuffer());
}

const PAGE = 65536;

/* Make the modules that come begin with so many bytes: Pyodide's has less than that memory needs. */
function beginWith(bytes) {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const plain = WebAssembly[name];
    WebAssembly[name] = async (...all) => {
      const made = await plain.apply(WebAssembly, all);
      const memory = made.instance?.exports.memory;
      const lacking = memory ? bytes - memory.buffer.byteLength : 0;
      if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
      return made;
    };
  }
}

async function begin() {
  const files = file("packages.json").then((found) => found.json());
  const [snapshot, texts] = await Promise.all([memory(), files]);
  beginWith(snapshot.length);
  const python = await loadPyodide({ indexURL: HERE, _loadSnapshot: snapshot });
  write(python.FS, texts);
  // the chance of that memory would be the same for everybody
  python.runPython("import random; random.seed()");
  const session = python.pyimport("session").Session((kind, text) => postMessage({ kind, text }));
  postMessage({ kind: "ready" });
  return { python, session };
}

/* Graphviz for `sg.draw`: loaded for the first program that names it. */
let graphviz = null;

async function bringGraphviz(python) {
  const { instance } = await import("./viz.js");
  const viz = await instance();
  const layOut = (dot, form) => viz.renderString(dot, { format: form, engine: "dot" });
  python.pyimport("session").lay_out_by(layOut);
}

const begun = begin();

async function run({ code, file, theme, isWhole }) {
  const { python, session } = await begun;
  if (code.includes("draw")) await (graphviz ??= bringGraphviz(python));
  postMessage({ kind: "running" });
  session.run(code, file, theme, isWhole);
}

/* One after the other: a program may be asked for while another waits for Python to start. */
let last = begun.then(() => {}, (error) => postMessage({ kind: "fatal", text: String(error) }));

addEventListener("message", ({ data }) => {
  last = last
    .then(() => run(data))
    .then(() => postMessage({ kind: "done", id: data.id }))
    // Python tells its own errors: one that comes here has ended it
    .catch((error) => postMessage({ kind: "fatal", text: String(error) }));
});
