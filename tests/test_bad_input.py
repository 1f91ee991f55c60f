"""Bad input to every public object: a right answer, or an error that says why not.

The table of inputs is in `bad_input`. The objects are found, not listed: a new one is
tested as soon as it is public. What came of each is written by
``benchmarks/bad_input_table.py``.
"""

from fnmatch import fnmatch

import numpy as np
import pytest

from bad_input.cells import Cell, cells_of, judge
from bad_input.oracles import objective_of, optimum_by_cvxpy
from bad_input.parameters import parameter_cells
from bad_input.subjects import EXEMPT, LATER, all_subjects
from bad_input.table import INPUTS
from fairlearnkit.inspection import membership_scores
from fairlearnkit.utils.discovery import all_public

SUBJECTS = all_subjects()
PARAMETERS = [*parameter_cells()]


def chosen_cells(name):
    """The cells of an object: all of a function, every second one of what is slower.

    Neighbours in the list of objects take turns, so that each input is given to half of
    the estimators. ``benchmarks/bad_input_table.py`` runs the whole table.
    """
    cells = [*cells_of(SUBJECTS[name], INPUTS)]
    if SUBJECTS[name].family in ("function", "constraint", "rule"):
        return cells
    return cells[[*SUBJECTS].index(name) % 2 :: 2]


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in LATER])
def test_bad_input(name):
    """One test for all inputs of an object: there are thousands of them."""
    wrong = {}
    for cell in chosen_cells(name):
        _, faults = judge(cell)
        if faults:
            wrong[str(cell)] = faults
    assert not wrong


def test_what_is_left_for_later_is_there():
    assert {*LATER} <= {*SUBJECTS}


def test_every_public_object_is_a_subject_or_exempt():
    names = {name.removeprefix("fairlearnkit.") for name, _ in all_public()}
    covered = {name.partition(" ")[0] for name in SUBJECTS}
    covered |= {name.rpartition(".")[0] for name in SUBJECTS}
    rest = names - covered
    exempt = {name for name in rest if any(fnmatch(name, e) for e in EXEMPT)}
    assert sorted(rest - exempt) == []
    # And each reason is that of something.
    assert [e for e in EXEMPT if not any(fnmatch(name, e) for name in rest)] == []


@pytest.mark.parametrize(("path", "function", "name", "value"), PARAMETERS)
def test_bad_parameter_of_loaders_and_generators(path, function, name, value):
    with pytest.raises((ValueError, TypeError), match=rf"{name}|[Ss]eed"):
        function(**{name: value})


def member(n_models=4):
    return np.arange(6 * n_models).reshape(6, n_models) % 2 == 0


@pytest.mark.parametrize(
    ("signal", "given", "message"),
    [
        (None, member(), "signal|2D array"),
        (np.ones(6), member(), "2D array"),
        (np.full((6, 4), np.nan), member(), "signal contains NaN"),
        (np.ones((6, 4)) + 1j, member(), "Complex"),
        ([["a"] * 4] * 6, member(), "could not convert"),
        (np.ones((6, 4)), member().astype(int), "member has the dtype int64"),
        (np.ones((6, 4)), member(5), "shape"),
        (np.ones((6, 4)), None, "member"),
        (np.ones((6, 2)), member(2), "2 models"),
        (np.ones((0, 4)), np.ones((0, 4), bool), "0 sample"),
        (np.ones((6, 4)), np.ones((6, 4), bool), "same everywhere"),
    ],
)
def test_bad_signals_and_members(signal, given, message):
    with pytest.raises(ValueError, match=message):
        membership_scores(signal, given)


@pytest.mark.parametrize("factor", [1e-150, 1e-12, 1e12, 1e150])
def test_scale_of_signals(factor):
    signal = np.random.default_rng(0).normal(size=(6, 4))
    plain, scaled = (membership_scores(f * signal, member()) for f in (1.0, factor))
    np.testing.assert_allclose(scaled.calibrated / factor, plain.calibrated)
    np.testing.assert_allclose(scaled.likelihood_ratio, plain.likelihood_ratio)


BY_CVXPY = [
    "a constant feature",
    "features twice",
    "more features than rows",
    "offset 1e3",
    "scale 1e-6",
    "scale 1e6",
]
HARD = [i for i in INPUTS if i.name in BY_CVXPY and "table" in i.kinds]
LINEAR = ["ParityLogisticRegression", "ParityLinearSVC", "ParityLinearSVR"]


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("item", HARD, ids=[i.name for i in HARD])
def test_optimum_of_hard_tables(item, name):
    (subject,) = (s for n, s in SUBJECTS.items() if n.endswith(f".{name}"))
    given = Cell(subject, "X", item).given()
    model = subject.call(**given)["model"]
    X = given["X"]
    optimum = optimum_by_cvxpy(model, X, given)
    # The stopping rule of the solver is 1e-8; cvxpy's objectives have six digits.
    assert objective_of(model, X, given) <= optimum * (1 + 1e-6) + 1e-9
