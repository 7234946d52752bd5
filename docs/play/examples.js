/* The programs to begin with. The first line of each is its title. */

import dead from "./examples/dead.py";
import maximum from "./examples/maximum.py";
import nan from "./examples/nan.py";
import network from "./examples/network.py";
import neuron from "./examples/neuron.py";
import shared from "./examples/shared.py";
import training from "./examples/training.py";

const PROGRAMS = { neuron, shared, maximum, network, training, nan, dead };

export const EXAMPLES = new Map(
  Object.entries(PROGRAMS).map(([name, text]) => {
    const [first] = text.split("\n", 1);
    return [name, { title: first.replace(/^# */, ""), text }];
  }),
);
