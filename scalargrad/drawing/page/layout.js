/* Where nodes and edges stand: ranks from the leaves to the root, few crossings, short edges.
 *
 * Sugiyama's method. A long edge passes each rank at a point of its own, which all edges from the
 * same node share: a rail. Along a rank the coordinate is `across`, from rank to rank `along`. */

const SWEEPS = 12;
/* Points of rails, at most: beyond, long edges are drawn straight through. */
const MOST_POINTS = 6000;
/* Between ranks there is room for the chip of an edge: more where its number is longer. */
const GAP = { right: 72, down: 50, across: 14, point: 10 };

/* Every node as close to what uses it as can be: the root has the last rank. */
function ranked(graph) {
  const below = graph.nodes.map(() => 0);
  graph.nodes.forEach((node, i) => {
    for (const parent of node.parents) below[parent] = Math.max(below[parent], below[i] + 1);
  });
  const last = below.reduce((most, x) => Math.max(most, x), 0);
  return below.map((x) => last - x);
}

/* The layers of vertices: a node's is its place, a point of a rail has no node. Each vertex knows
 * its neighbours before and after; `ways` has for each edge the points that it passes. */
function layered(graph, rank) {
  const vertices = graph.nodes.map((_, i) => vertex(rank[i], i));
  const layers = Array.from({ length: rank[0] + 1 }, () => []);
  const rails = new Map();
  const ways = new Map();
  let room = MOST_POINTS;
  graph.nodes.forEach((node, i) =>
    node.parents.forEach((parent, k) => {
      const way = [];
      let from = vertices[parent];
      const span = rank[i] - rank[parent];
      if (span - 1 <= room) {
        for (let r = rank[parent] + 1; r < rank[i]; r++) {
          const key = `${parent} ${r}`;
          if (!rails.has(key)) {
            room -= 1;
            rails.set(key, vertex(r, -1));
            vertices.push(rails.get(key));
            connect(from, rails.get(key));
          }
          from = rails.get(key);
          way.push(from);
        }
        connect(from, vertices[i]);
      }
      ways.set(`${i}-${k}`, way);
    }),
  );
  for (const v of inOrder(graph, vertices)) layers[v.rank].push(v);
  layers.forEach(numbered);
  return { vertices, layers, ways };
}

function vertex(rank, node) {
  return { rank, node, before: [], after: [], place: 0, across: 0 };
}

function connect(from, to) {
  from.after.push(to);
  to.before.push(from);
}

function numbered(layer) {
  layer.forEach((v, place) => (v.place = place));
}

/* The vertices as a walk down from the root meets them: operands in their order. */
function inOrder(graph, vertices) {
  const found = new Set();
  const pending = [vertices[0]];
  while (pending.length) {
    const v = pending.pop();
    if (found.has(v)) continue;
    found.add(v);
    for (let k = v.before.length - 1; k >= 0; k--) pending.push(v.before[k]);
  }
  // what only straight edges lead to
  for (const v of vertices) found.add(v);
  return found;
}

/* ------ the order along a rank: medians of the neighbours, back and forth */

function crossings(layers) {
  let count = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((v) => v.after.map((w) => w.place).sort((a, b) => a - b));
    count += inversions(ends);
  }
  return count;
}

/* How many pairs of numbers stand in the wrong order, by merging. */
function inversions(xs) {
  if (xs.length < 2) return 0;
  const half = xs.length >> 1;
  const [left, right] = [xs.slice(0, half), xs.slice(half)];
  let count = inversions(left) + inversions(right);
  for (let i = 0, j = 0, k = 0; k < xs.length; k++) {
    const takesLeft = j >= right.length || (i < left.length && left[i] <= right[j]);
    if (!takesLeft) count += left.length - i;
    xs[k] = takesLeft ? left[i++] : right[j++];
  }
  return count;
}

function ordered(layers) {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const side = down ? "before" : "after";
    const inTurn = down ? layers.keys() : [...layers.keys()].reverse();
    for (const r of inTurn) sortByNeighbours(layers[r], side);
    const count = crossings(layers);
    if (count < fewest) {
      fewest = count;
      best = layers.map((layer) => [...layer]);
    }
  }
  best.forEach(numbered);
  return best;
}

function sortByNeighbours(layer, side) {
  const wanted = new Map(
    layer.map((v) => [v, v[side].length ? mean(v[side].map((w) => w.place)) : v.place]),
  );
  layer.sort((a, b) => wanted.get(a) - wanted.get(b) || a.place - b.place);
  numbered(layer);
}

function mean(xs) {
  return xs.reduce((sum, x) => sum + x, 0) / xs.length;
}

/* ------ the place along a rank: as near to the neighbours as the order allows */

function separation(a, b, size) {
  const gap = a.node < 0 || b.node < 0 ? GAP.point : GAP.across;
  return (size(a) + size(b)) / 2 + gap;
}

/* Least squares under the order: neighbours that would overlap move as one block. */
function settle(layer, wanted, size) {
  const blocks = [];
  let offset = 0;
  layer.forEach((v, k) => {
    if (k) offset += separation(layer[k - 1], v, size);
    let block = { sum: wanted[k] - offset, count: 1, members: [[v, offset]] };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).count > block.sum / block.count) {
      const before = blocks.pop();
      before.sum += block.sum;
      before.count += block.count;
      before.members.push(...block.members);
      block = before;
    }
    blocks.push(block);
  });
  for (const { sum, count, members } of blocks) {
    for (const [v, shift] of members) v.across = sum / count + shift;
  }
}

function placed(layers, size) {
  for (const layer of layers) settle(layer, layer.map(() => 0), size);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wanted = layer.map((v) => {
        const near = sweep < SWEEPS - 2 ? (down ? v.before : v.after) : [...v.before, ...v.after];
        return near.length ? mean(near.map((w) => w.across)) : v.across;
      });
      settle(layer, wanted, size);
    }
  }
}

/* ------ all of it */

const structures = new Map();

/* The vertices in the order along each rank, which is the same in both directions. */
function structureOf(graph) {
  if (!structures.has(graph)) {
    const found = layered(graph, ranked(graph));
    structures.set(graph, { ...found, layers: ordered(found.layers) });
  }
  return structures.get(graph);
}

/* The places of a graph's nodes, given the size of each as { width, height }; across is up and
 * down where the graph runs to the right, left and right where it runs down. */
function laidOut(graph, sizes, direction) {
  const right = direction === "right";
  const [long, wide] = right ? ["width", "height"] : ["height", "width"];
  const size = (v) => (v.node < 0 ? 0 : sizes[v.node][wide]);
  const found = structureOf(graph);
  const { layers } = found;
  placed(layers, size);
  let end = 0;
  for (const layer of layers) {
    const most = (side) => Math.max(...layer.map((v) => sizes[v.node]?.[side] ?? 0));
    const [depth, gap] = [most(long), Math.max(GAP[direction], right ? most("chip") + 8 : 0)];
    const along = end + gap + depth / 2;
    for (const v of layer) Object.assign(v, { along, half: depth / 2, gap });
    end += gap + depth;
  }
  const at = (v) => ({
    ...(right ? { x: v.along, y: v.across } : { x: v.across, y: v.along }),
    half: v.half,
    gap: v.gap,
  });
  const nodes = graph.nodes.map((_, i) => ({ ...sizes[i], ...at(found.vertices[i]) }));
  const ways = new Map([...found.ways].map(([key, way]) => [key, way.map(at)]));
  return { nodes, ways, direction, box: around(nodes, [...ways.values()].flat()) };
}

function around(nodes, points) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  const take = (x, y, width = 0, height = 0) => {
    box.left = Math.min(box.left, x - width / 2);
    box.right = Math.max(box.right, x + width / 2);
    box.top = Math.min(box.top, y - height / 2);
    box.bottom = Math.max(box.bottom, y + height / 2);
  };
  for (const { x, y, width, height } of nodes) take(x, y, width, height);
  for (const { x, y } of points) take(x, y);
  return { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top };
}
