/* Runs the visitor's Python, away from the page, which may end it at any time. */

import { loadPyodide } from "./pyodide.mjs";

const HERE = new URL("./", import.meta.url).href;

async function bytes(name) {
  const found = await fetch(HERE + name);
  if (!found.ok) throw new Error(`${name}: ${found.status} ${found.statusText}`);
  return found.arrayBuffer();
}

/* A session of Python, in which scalargrad is loaded already. */
async function begin() {
  const packages = bytes("packages.zip");
  // awaited below: an error here is to be told only once
  packages.catch(() => {});
  const python = await loadPyodide({ indexURL: HERE });
  python.unpackArchive(await packages, "zip", { extractDir: "/packages" });
  python.runPython("import sys; sys.path.insert(0, '/packages')");
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
