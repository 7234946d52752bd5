/* Makes what Play and the run buttons load: node build.mjs PACKAGES OUT.
 *
 * PACKAGES is a folder of the Python packages to bring along; OUT gets Pyodide, Graphviz, the
 * scripts, the packages, and the memory of a Python that has imported them. */

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { loadPyodide } from "pyodide";
import { write } from "./files.js";

const [, , packages, out] = process.argv;
const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
await mkdir(out, { recursive: true });

/* ------ as they are */

const PYODIDE = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
for (const name of [...PYODIDE, "pyodide-lock.json"]) {
  await copyFile(join(modules, "pyodide", name), join(out, name));
}
await copyFile(join(modules, "@viz-js", "viz", "dist", "viz.js"), join(out, "viz.js"));
for (const name of ["worker.js", "files.js", "play.css"]) await copyFile(join(here, name), join(out, name));

/* ------ the scripts of the pages */

await build({
  entryPoints: [join(here, "play.js"), join(here, "course.js")],
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "linked",
  loader: { ".py": "text" },
  logLevel: "warning",
});

/* ------ Python, as it is once all is imported: to begin there saves seconds */

/* Files of Python packages, by path; none of them is binary. */
async function texts(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((x) => x.isFile()).map((x) => join(x.parentPath ?? x.path, x.name));
  const pairs = paths.sort().map(async (x) => [relative(folder, x), await readFile(x, "utf-8")]);
  return Object.fromEntries(await Promise.all(pairs));
}

const WARM = `
import importlib, sys
sys.path.insert(0, "/packages")
for name in ("nn", "losses", "optim", "train", "data", "scores", "checks", "diagnose"):
    importlib.import_module(f"scalargrad.{name}")
import graphviz, session
# one run of everything: what is made at the first use is made now
session.Session(lambda kind, text: None).run("""
import scalargrad as sg
print(sg.value_and_grad(sg.compile(lambda x: sg.tanh(x) * x))(1.0))
print(sg.draw(sg.Value(1.0) + 2.0).dot)
sg.explain(lambda x, y: sg.tanh(x) * y, 1.0, 2.0)
""", "program")
`;

const files = await texts(packages);
await writeFile(join(out, "packages.json"), JSON.stringify(files));
const python = await loadPyodide({ _makeSnapshot: true });
write(python.FS, files);
python.runPython(WARM);
await writeFile(join(out, "python.gz"), gzipSync(python.makeMemorySnapshot()));
