/* Elements of the page, built from text alone: nothing a user wrote is ever read as HTML. */

function byId(id) {
  return document.getElementById(id);
}

/* element("td", { class: "number" }, "3.0") */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function svgElement(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function fill(parent, ...children) {
  parent.replaceChildren(...children);
}

/* ∂root/∂node as a fraction, with the text that a screen reader is to say. */
function derivative(of, by) {
  const over = element("span", { class: "over" }, `∂${cut(of, 16)}`);
  const under = element("span", { class: "under" }, `∂${cut(by, 16)}`);
  const title = `∂${of}/∂${by}`;
  return element(
    "span",
    { class: "fraction", role: "img", "aria-label": title, title },
    over,
    under,
  );
}

/* A number with a true minus, in as many digits as the reader asked for; the title has them all. */
function number(x, attributes = {}) {
  const sign = x < 0 ? " negative" : x > 0 ? " positive" : "";
  const kind = `number${sign} ${attributes.class ?? ""}`;
  return element("span", { ...attributes, class: kind, title: repr(x) }, shown(x));
}

const shownLast = new Map();

/* Whether a part of the page would show again what it shows: most parts do at most steps. */
function unchanged(part, ...facts) {
  const known = shownLast.get(part);
  shownLast.set(part, facts);
  return known !== undefined && facts.every((fact, i) => Object.is(fact, known[i]));
}
