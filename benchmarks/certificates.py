"""Check the certificates of optimality on random problems, against another solver.

    python benchmarks/certificates.py --list
    python benchmarks/certificates.py hinge "kernel SVC" --problems 2000
    python benchmarks/certificates.py --table

For each problem of a family a model is fitted, and its objective is computed again from
the data and the coefficients, in extended precision. A solver that shares nothing with
the library (`certified/referee.py`, an interior point method in extended precision)
looks for a point that satisfies the constraint and is better. It is a proof of a wrong
certificate if the objective of the fit is above that of this point by more than
`duality_gap_` and what rounding can make of it (`certified.models.rounding_of`).

Problem i of a family is the same in each run. Results are appended to a file for each
family in the folder `--records`; a run goes on with the first problem that is missing.
`--table` writes them to docs/certificates_results.txt. A family of 2,000 problems takes
a few minutes. One thread is enough, and faster: set OMP_NUM_THREADS=1.

Decision rules are compared with a linear program over all rules, and ParityProjection,
a closed form, with a projection in extended precision.
"""

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from certified.decisions import audit_decisions
from certified.models import FAMILIES, Verdict, audit_kernel, audit_linear
from certified.projection import audit_gap, audit_matrix

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs/certificates_results.txt"
AUDITS = {
    name: partial(audit_kernel if "kernel" in name else audit_linear, family)
    for name, family in FAMILIES.items()
}
AUDITS |= {
    "decision rules": audit_decisions,
    "projection, gap": audit_gap,
    "projection, X": audit_matrix,
}


def verdict(name, i):
    """What problem i of a family shows."""
    rng = np.random.default_rng([list(AUDITS).index(name), i])
    with np.errstate(all="ignore"):
        return AUDITS[name](rng)


def run(name, n_problems, folder):
    """Append the problems that are missing to the records of a family."""
    path = folder / f"{name}.jsonl"
    done = len(path.read_text("utf-8").splitlines()) if path.exists() else 0
    with path.open("a", encoding="utf-8") as file:
        for i in range(done, n_problems):
            found = verdict(name, i)
            if found.shortfall > 1:
                print(name, i, found, flush=True)
            file.write(json.dumps(asdict(found)) + "\n")
            file.flush()


def read(name, folder):
    """The verdicts of a family, a list."""
    path = folder / f"{name}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [Verdict(**json.loads(line)) for line in lines]


HEAD = (
    f"{'':<19}{'problems':>9}{'warned':>8}{'none':>6}{'below':>7}{'of them':>9}"
    f"{'largest':>13}{'largest':>10}{'worst':>11}{'referee':>10}\n"
    f"{'':<19}{'':>9}{'':>8}{'':>6}{'excess':>7}{'wrong':>9}"
    f"{'certificate':>13}{'excess':>10}{'ratio':>11}{'99 %':>10}"
)


def row(name, verdicts):
    """One line of the table."""
    given = [v for v in verdicts if not np.isnan(v.certificate)]
    silent = [v for v in given if not v.warned and v.objective]  # 0 has no size
    below = [v for v in given if v.excess > v.certificate]
    wrong = [v for v in given if v.shortfall > 1]
    sizes = [max(abs(v.objective), 1e-300) for v in silent]
    relative = np.array([[v.certificate, v.excess] for v in silent]).reshape(-1, 2)
    relative = relative / np.reshape(sizes, (-1, 1))
    own = np.quantile([v.referee / max(abs(v.objective), 1e-300) for v in given], 0.99)
    largest = relative.max(axis=0, initial=0.0)
    worst = max(v.shortfall for v in given)
    return (
        f"{name:<19}{len(verdicts):>9,}{sum(v.warned for v in verdicts):>8,}"
        f"{len(verdicts) - len(given):>6,}{len(below):>7,}{len(wrong):>9,}"
        f"{largest[0]:>13.1e}{largest[1]:>10.1e}{worst:>11.2g}{own:>10.0e}"
    )


def table(families):
    """The text of the results, from {family: verdicts}."""
    lines = [__doc__.split("\n\n")[0], "", HEAD]
    lines += [row(name, verdicts) for name, verdicts in families.items()]
    traits = {}
    for verdicts in families.values():
        for v in verdicts:
            for trait in v.traits:
                traits.setdefault(trait, []).append(v)
    lines += ["", "The same problems by what is special about them", "", HEAD]
    lines += [row(name, traits[name]) for name in sorted(traits)]
    return "\n".join([*lines, "", *NOTES, ""])


NOTES = [
    "none         no certificate (NaN), such as without a penalty",
    "below        the certificate is below the excess, at all",
    "wrong        it is below by more than rounding can explain",
    "largest      relative to the objective, of fits without a ConvergenceWarning;",
    "             the tolerances that were asked for are between 1e-10 and 1e-1",
    "worst ratio  largest (excess - certificate) / rounding; above 1 it is wrong",
    "referee      how far the referee may be from the optimum, relative, by its own",
    "             account; any point that it finds proves a wrong certificate",
    "rounding     (n + d) 2^-53 (F + sum_i |alpha_i| (s_i + |y_i|)",
    "             + sum_c |lambda_c| max_c m_c's), with F the objective, alpha the",
    "             derivatives of the loss, lambda the multipliers of the constraint,",
    "             s_i = |x_i|'|w| + |b| and m_c's their mean in a cell; see",
    "             rounding_of and audit_kernel in benchmarks/certified/models.py",
    "             for float32, kernels, no penalty; for others the modules beside it",
]


def main():
    """Run families, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("families", nargs="*", help="all, if none is named")
    parser.add_argument("--problems", type=int, default=2000)
    parser.add_argument("--records", type=Path, default=ROOT / "build/certificates")
    parser.add_argument("--list", action="store_true", help="print the families")
    parser.add_argument("--table", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(AUDITS))
        return
    names = arguments.families or list(AUDITS)
    if unknown := set(names) - set(AUDITS):
        parser.error(f"unknown families {sorted(unknown)}; known: {list(AUDITS)}")
    if arguments.table:
        found = {name: read(name, arguments.records) for name in names}
        RESULTS.write_text(table({k: v for k, v in found.items() if v}), "utf-8")
        print(RESULTS.read_text("utf-8"))
        return
    arguments.records.mkdir(parents=True, exist_ok=True)
    for name in names:
        run(name, arguments.problems, arguments.records)


if __name__ == "__main__":
    main()
