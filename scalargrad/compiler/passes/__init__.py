"""From a trace to a program: derivatives, sums over lanes, rows taken apart, chains fused."""
