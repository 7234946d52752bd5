"""python -m tests.hostile [SEED [CALLS]]: so many calls; ends with 1 if an error in C was found."""

import sys

from .running import ran

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
calls = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
world = ran(seed, calls, lambda done: print(f"{done:,} calls done", file=sys.stderr, flush=True))
refused = world.counted["refused"]
print(f"{world.counted['calls']:,} calls, {refused:,} refused")
for name, count in world.counted.most_common():
    print(f"{count:9,} {name}")
for error in world.found:
    print(error)
sys.exit(bool(world.found))
