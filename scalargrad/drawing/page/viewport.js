/* Zoom and pan: the part of the drawing that is in view, an SVG's viewBox. */

/* Pixels of the screen in one unit of the drawing: at most, where all is shown, to be read (numbers
 * of 15 units are 11 pixels high then). */
const CLOSEST = 4;
const FITTED = 1.7;
const READABLE = 0.75;
/* How many times as wide as the whole drawing the view may get. */
const FARTHEST = 3;
const STEP = 1.3;
const MARGIN = 12;

class Viewport {
  constructor(svg) {
    this.svg = svg;
    this.moving = 0;
    this.shown = () => {};
    svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    this.cover({ x: 0, y: 0, width: 1, height: 1 });
  }

  /* From now on this is the whole drawing. */
  cover({ x, y, width, height }) {
    const [left, top] = [x - MARGIN, y - MARGIN];
    this.whole = { x: left, y: top, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
    this.move({ ...this.whole });
  }

  room() {
    return this.svg.parentNode.getBoundingClientRect();
  }

  /* Take the size of the pane, which costs a layout of the whole page: not at every step. */
  measure() {
    const { width, height } = this.room();
    this.size = { width, height };
  }

  show() {
    const { x, y, width, height } = this.box;
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    this.shown();
  }

  /* Pixels of the screen in one unit of the drawing. */
  scale(box = this.box) {
    const { width, height } = this.size;
    return Math.min(width / box.width, height / box.height) || 1;
  }

  /* A place on the screen in units of the drawing. */
  point(clientX, clientY) {
    const screen = this.room();
    const scale = this.scale();
    return {
      x: this.box.x + this.box.width / 2 + (clientX - screen.x - screen.width / 2) / scale,
      y: this.box.y + this.box.height / 2 + (clientY - screen.y - screen.height / 2) / scale,
    };
  }

  /* Zoom in by a factor, around a place that stays where it is. */
  zoom(factor, at = centre(this.box)) {
    const most = CLOSEST / this.scale();
    const least = this.box.width / (FARTHEST * this.whole.width);
    const by = 1 / Math.min(most, Math.max(least, factor));
    this.move({
      x: at.x + (this.box.x - at.x) * by,
      y: at.y + (this.box.y - at.y) * by,
      width: this.box.width * by,
      height: this.box.height * by,
    });
  }

  pan(right, down) {
    this.move({ ...this.box, x: this.box.x + right, y: this.box.y + down });
  }

  move(box) {
    cancelAnimationFrame(this.moving);
    this.box = box;
    this.show();
  }

  fit() {
    this.glide(this.fitted());
  }

  /* The whole drawing, a small one not blown up. */
  fitted() {
    return grown(this.whole, Math.max(1, this.scale(this.whole) / FITTED));
  }

  /* Go to another box, in a short flight where the reader likes motion. */
  glide(to) {
    cancelAnimationFrame(this.moving);
    if (!likesMotion()) {
      this.move({ ...to });
      return;
    }
    const from = { ...this.box };
    const start = performance.now();
    const fly = (now) => {
      const share = eased(Math.min(1, (now - start) / 320));
      for (const side of Object.keys(from))
        this.box[side] = from[side] + (to[side] - from[side]) * share;
      this.show();
      if (share < 1) this.moving = requestAnimationFrame(fly);
    };
    this.moving = requestAnimationFrame(fly);
  }

  /* See to it that a part of the drawing is in view, and large enough to be read. Returns the box
   * that will be shown; null where nothing has to move. */
  reveal(part) {
    const aim = this.showing(part);
    if (aim) this.glide(aim);
    return aim;
  }

  /* The scale at which numbers can be read; from the back of a hall it is twice as large. */
  readable() {
    return READABLE * (state.present ? Math.max(1, Math.min(2, this.size.width / 500)) : 1);
  }

  /* The box that shows a part, as much of its surroundings as can be read beside it; null where
   * the part is in view already. Where it is too large for that, its core is in view. */
  showing(part) {
    const least = this.readable();
    if (contains(this.visible(), part) && this.scale() >= least) return null;
    const all = this.fitted();
    if (this.scale(all) >= least) return all;
    const most = Math.min(Math.max(this.scale(), least), this.scale(part));
    const scale = Math.max(most, least);
    const { width, height } = grown(this.visible(), this.scale() / scale);
    const from = corner(part, { width, height });
    const x = this.inside(holding(part.core, from.x, width, "x", "width"), width, "x", "width");
    const y = this.inside(holding(part.core, from.y, height, "y", "height"), height, "y", "height");
    return { x, y, width, height };
  }

  /* Where a view of this size begins so that it shows no more than it must of what is outside. */
  inside(start, size, side, extent) {
    const { [side]: first, [extent]: whole } = this.whole;
    if (size >= whole) return first + (whole - size) / 2;
    return Math.max(first, Math.min(start, first + whole - size));
  }

  /* The part that the pane shows: the box, and more where their proportions differ. */
  visible(box = this.box) {
    const scale = this.scale(box);
    const [width, height] = [this.size.width / scale, this.size.height / scale];
    const { x, y, width: w, height: h } = box;
    return { x: x + (w - width) / 2, y: y + (h - height) / 2, width, height };
  }
}

function centre(box) {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/* Where a box of this size has its corner if it stands around the middle of `part`. */
function corner(part, { width, height }) {
  const { x, y } = centre(part);
  return { x: x - width / 2, y: y - height / 2 };
}

/* Where a view of this size begins, moved as little as it must be to hold a box. */
function holding(box, start, size, side, extent) {
  const { [side]: first, [extent]: wide } = box;
  return Math.min(first, Math.max(start, first + wide - size));
}

/* The box made larger around its middle. */
function grown(box, factor) {
  const size = { width: box.width * factor, height: box.height * factor };
  return { ...corner(box, size), ...size };
}

function contains(outer, inner) {
  const across = inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
  return across && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}

function eased(t) {
  return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t);
}

function likesMotion() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

const viewport = new Viewport(SVG);

/* Pointers on the drawing: one drags it, two pinch it. */
const pointers = new Map();
const DRAG = 4;
let dragged = 0;

function spread() {
  const [a, b] = [...pointers.values()];
  return { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function movePointer(event) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const pinch = pointers.size === 2 ? spread() : null;
  const now = { x: event.clientX, y: event.clientY };
  pointers.set(event.pointerId, now);
  dragged += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  if (dragged > DRAG) SVG.classList.add("dragging");
  if (pinch) {
    const after = spread();
    viewport.zoom(after.distance / pinch.distance, viewport.point(after.x, after.y));
  }
  const share = viewport.scale() * pointers.size;
  viewport.pan((before.x - now.x) / share, (before.y - now.y) / share);
}

function releasePointer(event) {
  pointers.delete(event.pointerId);
  if (!pointers.size) SVG.classList.remove("dragging");
}

/* Within another page the wheel scrolls that page, as everywhere on it. */
function isForZoom(event) {
  return !isEmbedded() || event.ctrlKey || event.metaKey;
}

function startZooming() {
  SVG.addEventListener(
    "wheel",
    (event) => {
      if (!isForZoom(event)) return;
      event.preventDefault();
      viewport.zoom(
        2 ** (-event.deltaY / (event.ctrlKey ? 60 : 300)),
        viewport.point(event.clientX, event.clientY),
      );
    },
    { passive: false },
  );
  SVG.addEventListener("pointerdown", (event) => {
    if (!pointers.size) dragged = 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  addEventListener("pointermove", movePointer);
  addEventListener("pointerup", releasePointer);
  addEventListener("pointercancel", releasePointer);
  byId("zoom-in").addEventListener("click", () => viewport.zoom(STEP));
  byId("zoom-out").addEventListener("click", () => viewport.zoom(1 / STEP));
  byId("zoom-fit").addEventListener("click", () => viewport.fit());
}
