/* The one Python of a page: a worker, ended and begun anew where a program does not end. */

/* A worker made of a text has the rules of the page that made it: it can ask this server alone. */
function worker() {
  const address = new URL("./worker.js", import.meta.url).href;
  const text = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(text), { type: "module" });
}

export class Python {
  #worker = null;
  #isReady = false;
  #jobs = new Map();
  #count = 0;

  get isReady() {
    return this.#isReady;
  }

  start() {
    if (this.#worker) return;
    this.#worker = worker();
    this.#isReady = false;
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => this.#fail(event.message ?? "it cannot start"));
  }

  /* Run a program; each thing that there is to show goes to `hear(kind, text)`. Resolves with how it
   * ended: done, stopped or failed. */
  run(program, hear) {
    this.start();
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#jobs.set(id, { hear, resolve });
      this.#worker.postMessage({ ...program, id });
    });
  }

  /* End what runs; another Python starts at once. */
  stop() {
    this.#end("stopped");
    this.start();
  }

  #hear({ kind, text, id }) {
    const [[now, job] = []] = this.#jobs;
    if (kind === "ready") this.#isReady = true;
    else if (kind === "fatal") this.#fail(text);
    else if (kind === "done") {
      this.#jobs.delete(id);
      job?.resolve("done");
    } else if (now) job.hear(kind, text);
  }

  #fail(text) {
    const [[, job] = []] = this.#jobs;
    job?.hear("error", `Python ended: ${text}\n`);
    this.#end("failed");
  }

  #end(how) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    const ended = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of ended) job.resolve(how);
  }
}

/* The theme of the page at this moment: light or dark. */
export function theme() {
  const chosen = document.body.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/* ------ what a program came to */

const TITLE = "The backward pass, step by step";

/* A frame with an explain page. Its scripts can reach nothing of the page around it. */
export function frame(html) {
  const found = document.createElement("iframe");
  found.title = TITLE;
  found.setAttribute("sandbox", "allow-scripts");
  found.srcdoc = html;
  return found;
}

export function picture(svg) {
  const found = document.createElement("img");
  found.alt = "The graph as a drawing";
  found.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  return found;
}
