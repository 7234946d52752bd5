/* The graph as numbers: forward, the two walks backward, slopes. Knows nothing of the page.
 *
 * nodes[0] is the root; each node stands after all of its consumers. A node has `operands`: a
 * whole number is the place of a node, a text a constant; none for a leaf. `parents` are those
 * operands that are nodes, one an edge, and `positions` tell which operands. */

/* The nodes that the page's data describe, with their operators' functions. */
function readGraph(data, kernels) {
  const nodes = data.nodes.map((node) => ({
    ...node,
    kernel: node.leaf ? null : kernels[node.kernel],
    gates: (node.gates ?? []).map((gate) => ({ ...gate, kernel: kernels[gate.kernel] })),
    data: fromRepr(node.data),
    partials: node.partials.map(fromRepr),
    operands: node.operands.map((x) => (typeof x === "string" ? fromRepr(x) : { place: x })),
    parents: node.operands.filter((x) => typeof x === "number"),
    positions: places(node.operands, (x) => typeof x === "number"),
  }));
  const expected = nodes.map(() => 0);
  for (const node of nodes) for (const parent of node.parents) expected[parent] += 1;
  return { nodes, expected, leaves: places(nodes, (node) => node.leaf), editable: editable(nodes) };
}

function places(items, wanted) {
  return items.flatMap((item, i) => (wanted(item, i) ? [i] : []));
}

/* The leaves above which every node can be computed again: an operator of the user's own may be
 * Python that has no JavaScript. */
function editable(nodes) {
  const free = nodes.map((node) => node.leaf || node.kernel !== null);
  nodes.forEach((node, i) => {
    if (!free[i]) for (const parent of node.parents) free[parent] = false;
  });
  return free;
}

/* The numbers as the engine computed them. */
function recorded(graph) {
  return {
    data: graph.nodes.map((node) => node.data),
    partials: graph.nodes.map((node) => node.partials),
  };
}

/* The numbers anew, from what the leaves hold in `data`. Nodes that cannot be computed again keep
 * what they hold. */
function evaluate(graph, data, wantPartials = true) {
  const fresh = { data: [...data], partials: [] };
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const { kernel, operands, partials } = graph.nodes[i];
    if (!kernel) {
      fresh.partials[i] = partials;
      continue;
    }
    const x = operands.map((operand) =>
      operand.place === undefined ? operand : fresh.data[operand.place],
    );
    fresh.data[i] = kernel.forward(x);
    if (wantPartials) fresh.partials[i] = kernel.partials(fresh.data[i], x);
  }
  return fresh;
}

/* The values of the gates that a fused node stands for, from the numbers that its operands hold. */
function gateValues(node, data) {
  const values = [];
  for (const { kernel, operands } of node.gates) {
    const x = operands.map((operand) => {
      if (typeof operand === "string") return fromRepr(operand);
      return typeof operand === "number" ? data[operand] : values[operand.gate];
    });
    values.push(kernel.forward(x));
  }
  return values;
}

/* The edges as the engine handles them: each node after all of its consumers. */
function* engineOrder(graph) {
  for (let i = 0; i < graph.nodes.length; i++) {
    for (let k = 0; k < graph.nodes[i].parents.length; k++) yield [i, k];
  }
}

/* The edges as a recursion visits them that goes into each node when it first comes by. */
function* depthFirst(graph) {
  const seen = new Set([0]);
  const path = [[0, 0]];
  while (path.length) {
    const top = path[path.length - 1];
    const [i, k] = top;
    if (k === graph.nodes[i].parents.length) {
      path.pop();
      continue;
    }
    top[1] += 1;
    yield [i, k];
    const parent = graph.nodes[i].parents[k];
    if (!seen.has(parent)) {
      seen.add(parent);
      path.push([parent, 0]);
    }
  }
}

/* One step an edge: what it adds to the gradient of the parent. A number that does not flow
 * is −0 here, and shown as 0. */
function walk(graph, numbers, order) {
  const adjoint = graph.nodes.map(() => -0);
  const arrived = graph.nodes.map(() => 0);
  adjoint[0] = 1;
  const steps = [];
  for (const [consumer, edge] of order(graph)) {
    const parent = graph.nodes[consumer].parents[edge];
    const upstream = adjoint[consumer];
    const local = numbers.partials[consumer][edge];
    const contribution = sg_choose(upstream, local);
    adjoint[parent] += contribution;
    arrived[parent] += 1;
    const ready = arrived[consumer] === graph.expected[consumer];
    const total = adjoint[parent];
    steps.push({
      consumer,
      edge,
      parent,
      upstream: upstream + 0,
      local: local + 0,
      contribution: contribution + 0,
      total: total + 0,
      arrived: arrived[parent],
      ready,
      flows: !isNothing(contribution),
    });
  }
  return { steps, gradient: adjoint.map((x) => x + 0) };
}

/* How far a leaf is moved to measure a slope. */
function reach(x) {
  return Math.cbrt(2 ** -52) * Math.max(1, Math.abs(x));
}

function withLeaf(graph, data, leaf, x, wantPartials) {
  const moved = [...data];
  moved[leaf] = x;
  return evaluate(graph, moved, wantPartials);
}

/* How steep the root is in a leaf, measured: the leaf a little up, a little down. */
function slope(graph, data, leaf) {
  const h = reach(data[leaf]);
  const at = (x) => withLeaf(graph, data, leaf, x, false).data[0];
  const [low, high] = [data[leaf] - h, data[leaf] + h];
  return (at(high) - at(low)) / (high - low);
}

/* A node whose local gradient jumps at a leaf's number, however near the other side is; none where
 * the graph is smooth. One through which something flows comes before the others. */
function kinkIn(graph, data, leaf, gradient) {
  const jumps = [FINE, FINE ** 2].map((part) => {
    const h = reach(data[leaf]) * part;
    const [low, high] = [-h, h].map((by) => withLeaf(graph, data, leaf, data[leaf] + by, true).partials);
    return low.map((own, i) => Math.max(0, ...own.map((p, k) => Math.abs(p - high[i][k]))));
  });
  const found = places(graph.nodes, (_, i) => jumps[0][i] > 1e-3 && jumps[1][i] > jumps[0][i] / 2);
  return graph.nodes[found.findLast((i) => gradient[i]) ?? found.at(-1)];
}

const FINE = 1 / 64;
