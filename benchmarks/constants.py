"""What half and twice of each constant of the solvers change.

    OMP_NUM_THREADS=1 python benchmarks/constants.py                # all modules
    OMP_NUM_THREADS=1 python benchmarks/constants.py truncated_newton

Prints the products of X or X' with a vector, the steps of the solver, the steps of the
small quadratic program, and the Hessians, each summed over the fits of a module: two
groups and more, equality and a bound, C of .1, 1 and 30, at a relative duality gap of
1e-4 and 1e-6 or 1e-8. For sparse X these are texts of ``text.documents``, 6,000 x
15,000; for dense X Adult, one-hot, and 20,000 x 54 normal features of unlike size, and
paths of them besides, with a product of each block of the rows. Comments at the
constants are from here.
"""

import argparse
import sys
import warnings
from collections import Counter
from importlib import import_module
from itertools import product

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from text import CONSTRAINTS, documents, lognormal_rows, models

from fairlearnkit._optim import bound_program
from fairlearnkit._optim.hessians import DenseHessian
from fairlearnkit._optim.rows import Block
from fairlearnkit.datasets import load_adult
from fairlearnkit.linear_model import parity_path

OPTIM = "fairlearnkit._optim"
PRODUCTS = ("csr_matvec", "csc_matvec")  # of scipy
# Functions of the library that are counted, and as what.
CALLS = {
    DenseHessian.__init__: "hessians",
    bound_program._direction: "directions",  # two in each step of the program
}
BLOCKS = {Block.matvec: "products", Block.rmatvec: "products"}
SMOOTH = ("logistic", "squared hinge")
# Module: the solver that is named, and the losses.
MODULES = {
    "truncated_newton": ("newton-cg", SMOOTH),
    "bound_program": ("newton-cg", SMOOTH),
    "dual_rows": ("dual", ("hinge", "squared hinge")),
    "newton": ("newton-cholesky", SMOOTH),
    "hessians": ("newton-cholesky", SMOOTH),
}
DENSE = {"newton", "hessians"}


def texts(module):
    """X, classes and groups, by number of groups; for the dual with unlike rows too."""
    for n_groups in (2, 7):
        X, y, group = documents(n_groups, 6_000, 15_000)
        yield X, y, group
        if module == "dual_rows":
            yield lognormal_rows(X, 1.0), y, group


def tables():
    """As `texts`, of dense X."""
    bunch = load_adult()
    encode = make_column_transformer(
        (
            OneHotEncoder(sparse_output=False),
            make_column_selector(dtype_include="category"),
        ),
        remainder=StandardScaler(),
    )
    X, y = encode.fit_transform(bunch.data), bunch.target == ">50K"
    yield X, y, bunch.data["sex"]
    yield X, y, bunch.data["race"]
    rng = np.random.default_rng(0)
    size = np.exp(rng.normal(size=54))
    X, group = rng.normal(size=(20_000, 54)) * size, rng.integers(0, 3, 20_000)
    X[:, :10] += 0.3 * group[:, None]
    yield X, X @ rng.normal(size=54) + 2 * rng.normal(size=20_000) > 0, group


def counts_of(name, data):
    """Products, steps, steps of the quadratic program, and Hessians of all fits."""
    solver, losses = MODULES[name]
    dense = name in DENSE
    tols = (1e-4, 1e-8) if dense else (1e-4, 1e-6)
    calls = CALLS | BLOCKS if dense else CALLS
    calls = {function.__code__: what for function, what in calls.items()}
    found = Counter()

    def listen(frame, event, arg):
        if event == "c_call" and arg.__name__ in PRODUCTS:
            found["products"] += 1
        elif event == "call" and frame.f_code in calls:
            found[calls[frame.f_code]] += 1

    cases = product(data, losses, (0.1, 1.0, 30.0), ("equality", "bound"), tols)
    for (X, y, group), loss, C, constraint, tol in cases:
        model = models(C)[loss][1].set_params(solver=solver, tol=tol)
        model.set_params(**CONSTRAINTS[constraint])
        sys.setprofile(listen)
        model.fit(X, y, sensitive_features=group)
        sys.setprofile(None)
        found["steps"] += int(np.sum(model.n_iter_))
    for (X, y, group), loss in product(data, losses if dense else ()):
        model = models(1.0)[loss][1].set_params(solver=solver)
        sys.setprofile(listen)
        parity_path(X, y, sensitive_features=group, estimator=model)
        sys.setprofile(None)
    program = found["directions"] // 2
    return found["products"], found["steps"], program, found["hessians"]


def table(name):
    """Each change to a constant of a module, and what is counted."""
    module = import_module(f"{OPTIM}.{name}")
    data = list(tables() if name in DENSE else texts(name))
    yield "as it is", *counts_of(name, data)
    constants = {key: x for key, x in vars(module).items() if key.isupper()}
    numbers = {key: x for key, x in constants.items() if isinstance(x, (int, float))}
    for key, value in numbers.items():
        for factor in (0.5, 2.0):
            changed = factor * value
            if isinstance(value, int):
                changed = max(1, int(changed))
            setattr(module, key, changed)
            yield f"{key} * {factor:g}", *counts_of(name, data)
        setattr(module, key, value)


def main():
    """Print the tables of some modules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in parser.parse_args().modules:
        titles = ("products", "steps", "program", "Hessians")
        print(f"\n{name:<24}", *(f"{title:>9}" for title in titles))
        for changed, *counts in table(name):
            print(f"{changed:<24}", *(f"{n:>9}" for n in counts), flush=True)


if __name__ == "__main__":
    main()
