/* Files put into the file system of a Python in the browser. */

const FOLDER = "/packages";

/* Write texts by their paths. */
export function write(system, files) {
  for (const [path, text] of Object.entries(files)) {
    const whole = `${FOLDER}/${path}`;
    system.mkdirTree(whole.slice(0, whole.lastIndexOf("/")));
    system.writeFile(whole, text);
  }
}
