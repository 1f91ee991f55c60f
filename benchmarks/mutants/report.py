"""The text of docs/mutation_results.txt."""

from collections import Counter
from pathlib import Path

from scipy.stats import binomtest

KILLED = ("killed", "timeout")
GOAL = 0.85
HEADER = (
    f"{'area':<12} {'mutants':>7} {'drawn':>6} {'killed':>7} {'by time':>8} "
    f"{'share':>7} {'95 % interval':>18} {'>= 85 %':>8}"
)
NO_REASON = "No reason is given"


def read_reasons():
    """Why mutants may survive, by mutant: lines with mutants below "= reason"."""
    reasons, reason = {}, None
    text = Path(__file__).with_name("accepted.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("= "):
            reason = line[2:]
        elif line.strip() and not line.startswith("#"):
            reasons[line.strip()] = reason
    return reasons


def area_lines(area, results, n_mutants, base):
    """One area: how many mutants were killed, and those that were not, by reason."""
    counts = Counter(result.status for result in results)
    killed, n = sum(counts[status] for status in KILLED), len(results)
    low, high = binomtest(killed, n).proportion_ci(method="wilson")
    yield (
        f"{area.name:<12} {n_mutants:>7} {n:>6} {killed:>7} {counts['timeout']:>8} "
        f"{killed / n:>7.1%} {f'{low:.1%} to {high:.1%}':>18} {_met(killed / n):>8}"
    )
    yield f"  modules: {', '.join(area.sources)}"
    yield f"  tests:   {', '.join(area.tests)}, and doctests of the modules"
    size = f"{len(base.seconds)} tests, {sum(base.seconds.values()):.0f} s"
    yield f"           {size}; {len(base.slow)} slower ones left out"


def _met(share):
    return "met" if share >= GOAL else "MISSED"


def survivor_lines(results, reasons):
    """The mutants that no test noticed, below the reason that they are left."""
    left = {}
    for result in results:
        if result.status not in KILLED:
            why = reasons.get(result.mutant.key, NO_REASON)
            left.setdefault(why, []).append(result)
    for why, found in sorted(left.items()):
        yield f"  {why}:"
        for result in sorted(found, key=lambda x: x.mutant.key):
            note = "" if result.n_tests else "  (no test of the area runs it)"
            yield f"    {result.mutant.key}{note}"
