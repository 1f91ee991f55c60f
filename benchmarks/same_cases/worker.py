"""Compute the cases on the library that is imported, and write them to a file.

    python -m same_cases.worker FOLDER FILE [FAMILY ...]

FOLDER is where the library has to be imported from. Without a family all are computed.
"""

import pickle
import sys
from pathlib import Path
from time import process_time

import fairlearnkit
from same_cases import facts, measures, models, record, repairs, uses

FAMILIES = {
    "linear": models.linear,
    "linear svm": models.linear_svm,
    "kernel": models.kernel,
    "projection": repairs.projection,
    "barycenters": repairs.barycenters,
    "post-processing": repairs.postprocessing,
    "encoder": repairs.encoder,
    "constraints": uses.constraint,
    "metrics": measures.metric,
    "report": measures.report,
    "audit": measures.audit,
    "bootstrap": measures.bootstrap,
    "inspection": measures.inspected,
    "scorers": uses.scorers,
    "refit rules": uses.refit,
    "compose": uses.compose,
    "datasets": facts.dataset,
    "names": facts.names,
    "errors": facts.errors,
}


def compute(family):
    """What all cases of a family give, and the seconds that they took."""
    start, cases = process_time(), {}
    for case in FAMILIES[family]():
        if case.name in cases:
            msg = f"Two cases of {family} are called {case.name!r}."
            raise ValueError(msg)
        cases[case.name] = record.record(case)
    return {"cases": cases, "seconds": process_time() - start}


def main():
    """All families that were asked for."""
    folder, file, *families = sys.argv[1:]
    if not Path(fairlearnkit.__file__).is_relative_to(Path(folder).resolve()):
        sys.exit(f"{fairlearnkit.__file__} is not in {folder}.")
    if set(families) - set(FAMILIES):
        sys.exit(f"No such family in {families}; there are {list(FAMILIES)}.")
    cases = {family: compute(family) for family in families or FAMILIES}
    Path(file).write_bytes(pickle.dumps(cases))


if __name__ == "__main__":
    main()
