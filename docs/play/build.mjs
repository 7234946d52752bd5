/* Makes what Play and the run buttons load: node build.mjs PACKAGES OUT.
 *
 * PACKAGES is a folder of the Python packages to bring along; OUT gets Pyodide, Graphviz and the
 * scripts. Python's files are compiled here, by the very Python that will run them. */

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadPyodide } from "pyodide";

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
for (const name of ["worker.js", "play.css"]) await copyFile(join(here, name), join(out, name));

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

/* ------ the packages, compiled */

const PACK = `
import compileall, pathlib, shutil
compileall.compile_dir("/from", quiet=1, ddir="/packages",
                       invalidation_mode=compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH)
shutil.make_archive("/packages", "zip", "/from")
`;
const python = await loadPyodide();
python.FS.mkdir("/from");
python.FS.mount(python.FS.filesystems.NODEFS, { root: packages }, "/from");
python.runPython(PACK);
await writeFile(join(out, "packages.zip"), python.FS.readFile("/packages.zip"));
