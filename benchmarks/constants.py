"""What half and twice of each constant of the solvers for text change.

    OMP_NUM_THREADS=1 python benchmarks/constants.py                # all three modules
    OMP_NUM_THREADS=1 python benchmarks/constants.py truncated_newton

Prints the products of X or X' with a vector, the steps of the solver, and the steps of
the small quadratic program, each summed over the fits of a module: texts of
``text.documents``, 6,000 x 15,000, two and seven groups, equality and a bound, C of .1,
1 and 30, at a relative duality gap of 1e-4 and 1e-6. Comments at the constants are from
here.
"""

import argparse
import sys
import warnings
from collections import Counter
from importlib import import_module
from itertools import product

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from text import CONSTRAINTS, documents, lognormal_rows, models

OPTIM = "fairlearnkit._optim"
PRODUCTS = ("csr_matvec", "csc_matvec")  # of scipy
# Module: the solver that is named, and the losses.
MODULES = {
    "truncated_newton": ("newton-cg", ("logistic", "squared hinge")),
    "bound_program": ("newton-cg", ("logistic", "squared hinge")),
    "dual_rows": ("dual", ("hinge", "squared hinge")),
}


def texts(module):
    """X, classes and groups, by number of groups; for the dual with unlike rows too."""
    for n_groups in (2, 7):
        X, y, group = documents(n_groups, 6_000, 15_000)
        yield X, y, group
        if module == "dual_rows":
            yield lognormal_rows(X, 1.0), y, group


def counts_of(solver, losses, data):
    """Products, steps, and steps of the quadratic program of all fits."""
    found = Counter()

    def listen(frame, event, arg):
        if event == "c_call" and arg.__name__ in PRODUCTS:
            found["products"] += 1
        elif event == "call" and frame.f_code.co_name == "_direction":
            found["directions"] += 1  # two in each step of the program

    cases = product(data, losses, (0.1, 1.0, 30.0), ("equality", "bound"), (1e-4, 1e-6))
    for (X, y, group), loss, C, constraint, tol in cases:
        model = models(C)[loss][1].set_params(solver=solver, tol=tol)
        model.set_params(**CONSTRAINTS[constraint])
        sys.setprofile(listen)
        model.fit(X, y, sensitive_features=group)
        sys.setprofile(None)
        found["steps"] += int(np.sum(model.n_iter_))
    return found["products"], found["steps"], found["directions"] // 2


def table(name):
    """Each change to a constant of a module, and what is counted."""
    module, (solver, losses) = import_module(f"{OPTIM}.{name}"), MODULES[name]
    data = list(texts(name))
    yield "as it is", *counts_of(solver, losses, data)
    constants = {key: x for key, x in vars(module).items() if key.isupper()}
    numbers = {key: x for key, x in constants.items() if isinstance(x, (int, float))}
    for key, value in numbers.items():
        for factor in (0.5, 2.0):
            changed = factor * value
            if isinstance(value, int):
                changed = max(1, int(changed))
            setattr(module, key, changed)
            yield f"{key} * {factor:g}", *counts_of(solver, losses, data)
        setattr(module, key, value)


def main():
    """Print the tables of some modules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in parser.parse_args().modules:
        print(f"\n{name:<24} {'products':>9} {'steps':>6} {'program':>8}")
        for changed, *counts in table(name):
            print(
                f"{changed:<24} {counts[0]:>9} {counts[1]:>6} {counts[2]:>8}",
                flush=True,
            )


if __name__ == "__main__":
    main()
