/* Edges as curves: from the side of an operand's box to the side of the node that uses it. */

/* Where the edges of each node meet it: spread along its sides in the order of the other ends. */
function ports(graph, layout) {
  const right = layout.direction === "right";
  const [side, extent] = right ? ["y", "height"] : ["x", "width"];
  const found = new Map();
  graph.nodes.forEach((node, i) => {
    const keys = node.parents.map((parent, k) => [layout.nodes[parent][side], k]);
    keys.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const room = Math.min(16, (layout.nodes[i][extent] - 12) / Math.max(1, keys.length));
    keys.forEach(([, k], place) => {
      found.set(`${i}-${k}`, (place - (keys.length - 1) / 2) * room);
    });
  });
  return found;
}

/* So many points of rails the edges may pass in all; where they would pass more, a long edge is
 * drawn from its rail on, and the rail once. */
const MOST_PASSED = 3000;
const BRANCH = 4;

function drawsRails(layout) {
  let passed = 0;
  for (const way of layout.ways.values()) passed += way.length;
  return passed > MOST_PASSED;
}

/* The path of each rail: to the farthest of the nodes that it leads to. */
function rails(graph, layout) {
  const right = layout.direction === "right";
  const longest = new Map();
  graph.nodes.forEach((node, i) =>
    node.parents.forEach((parent, k) => {
      const way = layout.ways.get(`${i}-${k}`);
      if (way.length > (longest.get(parent) ?? []).length) longest.set(parent, way);
    }),
  );
  return [...longest].map(([parent, way]) => {
    const from = layout.nodes[parent];
    const skip = right ? from.width / 2 : from.height / 2;
    return curve({ ...from, skip }, way.slice(0, -1), way.at(-1), right);
  });
}

/* The path of every edge, from the operand to the node that uses it. */
function curves(graph, layout) {
  const right = layout.direction === "right";
  const shift = ports(graph, layout);
  const fromRails = drawsRails(layout);
  const paths = new Map();
  graph.nodes.forEach((node, i) =>
    node.parents.forEach((parent, k) => {
      const key = `${i}-${k}`;
      const twins = node.parents.filter((x) => x === parent).length;
      const [from, to] = [layout.nodes[parent], layout.nodes[i]];
      const apart = twins > 1 ? shift.get(key) : 0;
      const start = right
        ? { x: from.x, y: from.y + apart, half: from.half, skip: from.width / 2 }
        : { x: from.x + apart, y: from.y, half: from.half, skip: from.height / 2 };
      const end = right
        ? { x: to.x, y: to.y + shift.get(key), half: to.half, skip: to.width / 2 }
        : { x: to.x + shift.get(key), y: to.y, half: to.half, skip: to.height / 2 };
      const way = layout.ways.get(key);
      if (fromRails && way.length > BRANCH) {
        const [first, ...rest] = way.slice(-BRANCH);
        paths.set(key, curve({ ...first, skip: first.half }, rest, end, right));
      } else {
        paths.set(key, curve(start, way, end, right));
      }
    }),
  );
  return paths;
}

/* Through the depth of a rank an edge runs straight, so that it touches no box beside it; from
 * rank to rank it swings. `half` is half the depth, `skip` half of that of the box at an end. */
function curve(start, way, end, right) {
  const beside = (p, by) => (right ? { x: p.x + by, y: p.y } : { x: p.x, y: p.y + by });
  let from = beside(start, start.half);
  let text = `M${point(beside(start, start.skip))}L${point(from)}`;
  for (const to of [...way, end]) {
    const near = beside(to, -to.half);
    const reach = (right ? near.x - from.x : near.y - from.y) / 2;
    const [a, b] = [beside(from, reach), beside(near, -reach)];
    from = beside(to, to.skip === undefined ? to.half : -to.skip);
    text += `C${point(a)} ${point(b)} ${point(near)}L${point(from)}`;
  }
  return text;
}

function point({ x, y }) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}
