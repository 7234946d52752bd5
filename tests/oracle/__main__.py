"""python -m tests.oracle [SEED [CALLS]]: judges random programs, or with SEED `hand` those by hand;
prints programs, made small, that are wrong, and what it counted."""

import sys
from collections import Counter
from itertools import chain

from .judge import WRONG, Counts, judged, report
from .shrink import shrunk, signature
from .suites import random_scripts, scripts_by_hand, scripts_of_uses

SHOWN = 2
"""Programs of each kind of wrongness."""

seed = sys.argv[1] if len(sys.argv) > 1 else "0"
calls = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
by_hand = seed == "hand"
counts = Counts()
kinds: Counter[tuple[str, ...]] = Counter()
for script in chain(scripts_by_hand(), scripts_of_uses()) if by_hand else random_scripts(int(seed)):
    verdicts = judged(script)
    counts.add(script, verdicts)
    for verdict in verdicts:
        if verdict.verdict == WRONG:
            kind = *signature(verdict), script.program.name.split(",")[0] if by_hand else ""
            kinds[kind] += 1
            if kinds[kind] <= SHOWN:
                small = script if by_hand else shrunk(script, verdict)
                print(report(small, judged(small)[-1]), flush=True)
    if counts.calls >= calls and not by_hand:
        break
for key, n in kinds.most_common():
    print(f"{n:6,}  {' | '.join(key)}")
print(counts)
