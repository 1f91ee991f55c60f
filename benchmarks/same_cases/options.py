"""Options of constrained models as tables: the axes of the grids.

Each table goes from a name to parameters of an estimator, and to options of the sample
that it is fitted on.
"""

import numpy as np

from fairlearnkit.constraints import (
    Constraint,
    Contrasts,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GeneralParity,
    ParityConstraint,
)
from same_cases.record import axis

SEPARATELY = {"columns": "separately"}


class WithinHalves(ParityConstraint):
    """A user's constraint: equal means in the first and the second half of the rows."""

    def strata(self, y, n_samples):
        """0 for the first half, 1 for the second."""
        strata = np.arange(n_samples) * 2 // n_samples
        return strata, [" in the first half", " in the second half"]


class FirstWithLast(Constraint):
    """A user's constraint: the means of the first and the last ten rows agree."""

    def contrasts(self, y, sensitive_features, sample_weight=None, *, missing="error"):
        """One row of M."""
        row = np.zeros(len(y))
        row[:10], row[-10:] = 0.1, -0.1
        return Contrasts.from_rows([row], names=["first - last"])


def of(constraint, groups="two", **more):
    """A constraint, and the groups that it is about."""
    return {"constraint": constraint, "groups": groups, **more}


FOR_ANY_TARGET = {
    "parity": of("demographic_parity"),
    "parity of 3": of("demographic_parity", "three"),
    "parity of 5": of("demographic_parity", "five"),
    "parity of intersections": of("demographic_parity", "columns"),
    "parity of each column": of(DemographicParity(**SEPARATELY), "columns"),
    "parity, missing is a group": of("demographic_parity", "missing", missing="group"),
    "parity, missing ignored": of("demographic_parity", "missing", missing="ignore"),
    "no correlation": of("decorrelation", "age"),
    "no correlation with 2": of("decorrelation", "ages"),
    "own strata": of(WithinHalves(), "three"),
    "own rows": of(FirstWithLast()),
}
FOR_CLASSES = FOR_ANY_TARGET | {
    "opportunity": of("equal_opportunity"),
    "opportunity of 3": of("equal_opportunity", "three"),
    "opportunity of each column": of(EqualOpportunity(**SEPARATELY), "columns"),
    "odds": of("equalized_odds"),
    "odds of 5": of("equalized_odds", "five"),
    "odds, missing ignored": of(EqualizedOdds(), "missing", missing="ignore"),
}
FOR_NUMBERS = FOR_ANY_TARGET | {
    "general parity": of("general_parity"),
    "general parity in 2 bins": of(GeneralParity(n_bins=2), "three"),
}


def part(options, *names):
    """Some values of an axis."""
    return {name: options[name] for name in names}


FEW = part(FOR_ANY_TARGET, "parity", "parity of 3", "no correlation")
ONE_CONTRAST = part(FOR_ANY_TARGET, "parity", "no correlation")
# Without those that leave hardly a row to some groups of 90 rows.
FOR_FEW_ROWS = {name: FOR_CLASSES[name] for name in FOR_CLASSES if "of 5" not in name}

MAX_GAP = axis("max_gap", [0.0, 0.1, 10.0, np.inf])
CLOSED, BOUNDED = axis("max_gap", [0.0]), axis("max_gap", [0.1])
WEIGHT = {f"weight {name}": {"weight": name} for name in ("none", "random", "zeros")}
STORAGE = {name: {"storage": name} for name in ("dense", "CSR")}
INTERCEPT = axis("fit_intercept", [True, False])
NUMBERS = {"numbers": {"target": "numbers"}}
TWO_CLASSES = {"0 and 1": {"target": "0 and 1"}}
TWO_OF_ANY_KIND = TWO_CLASSES | {"text": {"target": "text", "pos_label": "yes"}}
THREE_CLASSES = {"three classes": {"target": "three classes"}}
CLASSES = TWO_OF_ANY_KIND | THREE_CLASSES
CLASS_WEIGHT = axis("class_weight", [None, "balanced"])

SHAPES = {name: {"shape": name} for name in ("wide", "very wide", "blocks")}
# In float32 no objective is computed, which `loss_of` would do.
FLOAT32 = {
    name: {"storage": name, "loss_of": None} for name in ("float32", "float32 CSR")
}
ODD_STORAGE = {n: {"storage": n} for n in ("far from 0", "Fortran", "frame")}

# Solvers by what they take.
SMOOTH = axis("solver", ["auto", "newton-cholesky", "newton-cg"])
KINKED = SMOOTH | axis("solver", ["interior-point"])
CLARABEL = {
    "cvxpy": {
        "solver": "cvxpy",
        "solver_params": dict.fromkeys(
            ("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-12
        ),
    }
}

# For classifiers, what the grids do not have.
ONE_BY_ONE = {
    "groups in a list": {"groups": "list"},
    "groups by codes": {"groups": "codes"},
    "large penalty": {"C": 0.01},
    "weights of classes": {"class_weight": {0: 1.0, 1: 3.0}},
    "three texts": {"target": "three texts"},
    "the other class": of("equal_opportunity", target="text", pos_label="no"),
    "class of the constraint": of(EqualOpportunity(pos_label=0)),
    "nothing left": of(
        "equalized_odds", "five", shape="short", class_weight={0: 1.0, 1: 3.0}
    ),
}
STOPPED = {"stopped early": {"max_iter": 1}}
