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
from bad_input.subjects import EXEMPT, all_subjects
from bad_input.table import INPUTS
from fairlearnkit.inspection import membership_scores
from fairlearnkit.utils.discovery import all_public

SUBJECTS = all_subjects()
PARAMETERS = [*parameter_cells()]
# An object is given every fifth of its inputs; with every second one, the suite would
# take two minutes longer.
EVERY = 5
SLOW = ("1,000 groups", "each row a group")


def is_large_picture(cell):
    """A picture of a thousand groups: on a slow machine it may take ten seconds."""
    return cell.input.name in SLOW and "Display" in cell.subject.name


def chosen_cells():
    """Cells of each object, by its name: every fifth, but each input at least once.

    The n-th object that takes an input is given it if n and the position of the input
    leave the same rest when they are divided by `EVERY`. So each object gets inputs of
    all families, and each input goes to objects of all kinds, the first one that takes
    it included if no other one is chosen. Inputs of 1,000 groups take a fifth of the
    time of all others, and go to half as many objects.
    ``benchmarks/bad_input_table.py`` runs the whole table.
    """
    takers = {}
    for subject in SUBJECTS.values():
        for cell in cells_of(subject, INPUTS):
            kind = {**subject.kinds, "all": "all"}[cell.argument]
            takers.setdefault((kind, cell.input), []).append(cell)
    chosen = {name: [] for name in SUBJECTS}
    for position, (key, cells) in enumerate(takers.items()):
        every = 2 * EVERY if key[1].name in SLOW else EVERY
        first = min(position % every, len(cells) - 1)
        for cell in cells[first::every]:
            if not is_large_picture(cell):
                chosen[cell.subject.name].append(cell)
    return chosen


CHOSEN = chosen_cells()


def test_the_chosen_cells_have_every_object_and_input():
    """And all arguments of each object."""
    inputs = {cell.input for cells in CHOSEN.values() for cell in cells}
    used = {c.input for s in SUBJECTS.values() for c in cells_of(s, INPUTS)}
    assert inputs == used
    for name, subject in SUBJECTS.items():
        assert {*subject.kinds} <= {cell.argument for cell in CHOSEN[name]}


@pytest.mark.parametrize("name", SUBJECTS)
def test_bad_input(name):
    """One test for all inputs of an object: there are thousands of them."""
    wrong = {}
    for cell in CHOSEN[name]:
        _, faults = judge(cell)
        if faults:
            wrong[str(cell)] = faults
    assert not wrong


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
