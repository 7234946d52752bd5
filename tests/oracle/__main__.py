"""python -m oracle [SEED [CALLS]]: judges random programs; prints wrong ones made small, counts."""

import sys
from collections import Counter

from .judge import Counts, judged, report
from .shrink import shrunk, signature
from .suites import random_scripts

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
calls = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
counts = Counts()
kinds: Counter[tuple[str, str]] = Counter()
for script in random_scripts(seed):
    verdicts = judged(script)
    counts.add(script, verdicts)
    for verdict in verdicts:
        if verdict.verdict == "wrong":
            kinds[signature(verdict)] += 1
            if kinds[signature(verdict)] <= 2:
                small = shrunk(script, verdict)
                print(report(small, judged(small)[-1]), flush=True)
    if counts.calls >= calls:
        break
for (kind, raised), n in kinds.most_common():
    print(f"{n:6,}  {kind}: {raised}")
print(counts)
