/* Where the root has a kink or a jump at a leaf's number: in words, and whether its gradient is one
 * of those that are right there. */

/* A slope may change by such a part of itself from one side of a smooth place to the other. */
const BENT = 1e-3;
/* Breaks once found at these numbers, by leaf. */
let breaks = new Map();

/* The root where a leaf is moved by so many parts of a short way. */
function rootAt(leaf, parts) {
  const { data } = state.numbers;
  return withLeaf(graph, data, leaf, data[leaf] + parts * reach(data[leaf]) * FINE, false).data[0];
}

function steepness(leaf, from, to) {
  return (rootAt(leaf, to) - rootAt(leaf, from)) / ((to - from) * reach(state.numbers.data[leaf]) * FINE);
}

/* The break at a leaf, if there is one. It is looked for where the two sides differ, for their mean
 * may be near a gradient all the same, or where the gradient is not what measuring close by gives. */
function breakOf(leaf) {
  const [below, above] = [steepness(leaf, -1, 0), steepness(leaf, 0, 1)];
  const isBent = Math.abs(above - below) > BENT * Math.max(Math.abs(below), Math.abs(above));
  if (!isBent && close((below + above) / 2, state.right[leaf], AGREE, AGREE)) return undefined;
  if (!breaks.has(leaf)) breaks.set(leaf, jumpAt(leaf) ?? kinkAt(leaf));
  return breaks.get(leaf);
}

function tidy(x) {
  return brief(Number(x.toPrecision(6)));
}

function placeOf(leaf) {
  return `At ${NAMES[leaf]} = ${shown(state.numbers.data[leaf])}`;
}

/* Over a shorter way the root changes by as much: a measured slope says nothing. */
function jumpAt(leaf) {
  const size = Math.abs(rootAt(leaf, 1) - rootAt(leaf, -1));
  const closer = Math.abs(rootAt(leaf, FINE) - rootAt(leaf, -FINE));
  const isJump = closer > size / 2 && closer > 1e-6 * Math.max(1, Math.abs(rootAt(leaf, 1)));
  if (!isJump) return undefined;
  const beside = [steepness(leaf, -2, -1), steepness(leaf, 1, 2)];
  const measured = beside.find((x) => close(x, state.right[leaf], AGREE, AGREE));
  const [low, high] = [-1, 1].map((side) => endOfSide(leaf, side, size));
  const end = measured === undefined ? "is no slope beside it" : "is the slope beside it";
  const text =
    `${placeOf(leaf)} ${ROOT} jumps from ${low} to ${high}. A gradient tells nothing of a jump: ` +
    `${shown(state.right[leaf])} ${end}.`;
  return { kind: "jump", text, fits: measured !== undefined, measured };
}

/* Where the root comes to on one side of a jump. */
function endOfSide(leaf, side, size) {
  const unit = 10 ** (Math.floor(Math.log10(size)) - 5);
  const end = 2 * rootAt(leaf, side) - rootAt(leaf, 2 * side);
  return tidy(Math.round(end / unit) * unit);
}

function kinkAt(leaf) {
  const node = kinkIn(graph, state.numbers.data, leaf, state.right);
  if (!node) return undefined;
  const sides = [steepness(leaf, -1, 0), steepness(leaf, 0, 1)];
  const slack = AGREE * Math.max(1, ...sides.map(Math.abs));
  const gradient = state.right[leaf];
  const fits = gradient >= Math.min(...sides) - slack && gradient <= Math.max(...sides) + slack;
  const end = fits
    ? "A gradient there is a choice between them."
    : `The gradient ${shown(gradient)} is not between them: choices at several kinks need ` +
      "not add up, or a rule is wrong.";
  const text =
    `${placeOf(leaf)} is a kink of ${node.name}: below it ${ROOT} has the slope ${tidy(sides[0])}, ` +
    `above it ${tidy(sides[1])}. ${end}`;
  return { kind: "kink", text, fits };
}
