"""One input given to one object: what came out, and what is wrong with it."""

import re
import signal
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy import sparse
from sklearn.utils import get_tags

from .input import itself
from .oracles import not_finite, unsound
from .subjects import METHODS
from .tables import SOLVED

# Seconds of processor time after which a call counts as one that hangs.
LONGEST = 10
# Smallest spread that differences of answers are compared with: those of constant
# answers are rounding.
MIN_SPREAD = 1e-3
# The same where a solver may end at another point (`tables.SOLVED`): constant models
# differ by 1e-4 in their intercept, which changes an objective of 60 by 1e-8 of it.
MIN_SPREAD_SOLVED = 0.1
CLEAR = (ValueError, TypeError)
ALL = {"all": "all"}
# Inputs that are none for an object, with the reason.
NO_INPUT = {("metrics.pooled_scorers", "1,000 groups"): "all groups are named before"}
# What an estimator may take whose tags say so.
NAN_IN_TABLE = ("one NaN", "sparse, one NaN", "objects with None", "nullable with NA")
# Groups are drawn one after the other, in the order of their names.
BY_SEED = ("/low", "/high", "/standard_error", "/p_value")
# Where two things are not defined, the estimate and those of resamples; where a swap
# changes nothing, and the estimator inside has a warning of its own.
TWO_WARNINGS = ("metrics.bootstrap_interval", "compose.CounterfactualEnsemble")
# Of a fitted model, or of groups, that a function is given beside other rows.
FEATURES = r"is expecting 3 features|sample_weight.shape == .*expected \(90,\)"
# Errors about labels are those of the metric that it is given, one of scikit-learn.
BY_OTHERS = ("metrics.group_metric",)
LENGTHS = ("one row less", "one row more")
# Answers about the way of a solver, which is another one for sparse arrays.
BY_SOLVER = ("duality_gaps", "n_iters")
# What scikit-learn's reader of frames raises for names that repeat.
OF_FRAMES = ("DuplicateError",)
# Answers with an entry for each row.
BY_ROW = {"", "/first", *(f"/{name}" for name in METHODS)}


@dataclass
class Outcome:
    """What came of one call."""

    answer: dict | None = None
    error: Exception | None = None
    warned: list = field(default_factory=list)
    seconds: float = 0.0
    changed: list = field(default_factory=list)
    value: object = None


@dataclass(frozen=True)
class Cell:
    """An input for one argument of a subject."""

    subject: object
    argument: str
    input: object

    def __str__(self):
        return f"{self.subject.name}({self.argument}: {self.input.name})"

    def given(self, make=None):
        """The arguments of the call, one of them (or both targets) made anew."""
        given = self.subject.columns()
        make = make or self.input.make
        if self.input.whole:
            return make(given, self.argument)
        for name, kind in self.subject.kinds.items():
            partner = self.input.partners and kind in self.input.kinds
            if name == self.argument or partner:
                given[name] = make(given[name])
        return given


def cells_of(subject, inputs):
    """All cells of a subject; lengths and indexes are compared where there are two."""
    together = {} if "search" in {k[:6] for k in subject.kinds.values()} else ALL
    for argument, kind in {**subject.kinds, **together}.items():
        for item in inputs:
            compares = item.name in LENGTHS or (item.whole and kind != "all")
            alone = compares and len(subject.kinds) < 2
            known = (subject.name, item.name) in NO_INPUT
            if kind in item.kinds and not alone and not known:
                yield Cell(subject, argument, item)


def run(subject, given):
    """Call a subject, and note what it did."""
    outcome = Outcome()
    before = {name: fingerprint(value) for name, value in given.items()}
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with time_limit(LONGEST):
                outcome.value = subject.call(**given)
                outcome.answer = flatten(outcome.value)
        except ImportError:
            raise
        except Exception as error:
            outcome.error = error
    outcome.seconds = time.process_time() - start
    outcome.warned = [*{_without_numbers(w): w for w in caught}]
    outcome.changed = [n for n, v in given.items() if fingerprint(v) != before[n]]
    return outcome


def _without_numbers(warning):
    """Kind and text of a warning: of folds, and of rates, the same counts once."""
    text = re.sub(r"[\d.]+(e[+-]?\d+)?", "#", str(warning.message))
    # Equalized odds are about two rates, each of which may have its own.
    text = re.sub(r"y_true [!=]= |(true|false)_positive_rate", "", text)
    return warning.category.__name__, text


@contextmanager
def time_limit(seconds):
    """Raise TimeoutError in what takes longer."""

    def stop(signum, frame):
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fingerprint(value):
    """Something that differs if the caller's data do."""
    if sparse.issparse(value):
        names = ("data", "indices", "indptr", "rows", "offsets")
        parts = [getattr(value, name, None) for name in names]
        return [fingerprint(part) for part in parts if part is not None]
    if isinstance(value, dict):
        return {name: fingerprint(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray):  # of objects: which objects they are
        return value.dtype, value.shape, value.tobytes()
    if hasattr(value, "index") and hasattr(value.index, "equals"):
        values = value.astype(object).to_numpy().tolist()
        return repr(values), repr(value.index.tolist()), repr(value.dtypes)
    rows = getattr(value, "rows", getattr(value, "to_list", None))
    return repr(rows() if callable(rows) else value)


def flatten(value, path=""):
    """Numbers of an answer by their path; text where there are none."""
    if hasattr(value, "get_params"):
        return {}
    for name in ("frame", "output_dict"):
        if callable(getattr(value, name, None)):
            value = getattr(value, name)()
            break
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        value = {str(name): value[name].to_numpy() for name in value.columns}
    elif hasattr(value, "codes") and hasattr(value, "counts"):  # Groups
        # Groups by their first rows: names, and so codes, may be other ones.
        value = {"first": np.unique(value.codes, return_index=True)[1][value.codes]}
    if isinstance(value, dict):
        found = {}
        for key, entry in value.items():
            if key not in BY_SOLVER:
                found |= flatten(entry, f"{path}/{key}")
        return found
    if sparse.issparse(value):
        value = value.toarray()
    try:
        return {path: np.asarray(value, dtype=np.float64)}
    except (TypeError, ValueError):
        return {path: str(np.asarray(value, dtype=object).tolist())}


@cache
def clean(subject):
    """What comes of plain float64 arrays."""
    return run(subject, subject.columns())


def reference(cell):
    """What comes of the column that an input is another form of."""
    if cell.input.same_as is itself:
        return clean(cell.subject)
    return run(cell.subject, cell.given(cell.input.same_as))


def differences(answer, desired, item):
    """Where two answers differ, as text."""
    tol = item.tol
    least = MIN_SPREAD if tol < SOLVED else MIN_SPREAD_SOLVED
    if item.renamed:
        texts = {
            k for a in (answer, desired) for k, v in a.items() if isinstance(v, str)
        }
        answer, desired = (_without_names(a, texts) for a in (answer, desired))
    if answer.keys() != desired.keys():
        yield f"answers {[*answer]}, not {[*desired]}"
        return
    for path, value in desired.items():
        got = answer[path]
        if isinstance(value, str) or isinstance(got, str):
            if got != value:
                texts = [str(v)[:60] for v in (got, value)]
                yield f"{path or 'answer'} is {texts[0]!r}, not {texts[1]!r}"
        elif got.shape != value.shape:
            yield f"{path or 'answer'} has shape {got.shape}, not {value.shape}"
        elif value.size and not (np.isnan(got) == np.isnan(value)).all():
            yield f"{path or 'answer'} is NaN elsewhere"
        elif value.size:
            finite = np.isfinite(value)
            spread = max(np.std(value[finite]) if finite.any() else 0, least)
            with np.errstate(invalid="ignore"):
                off = np.abs(got - value)[finite]
            if off.size and not off.max() <= tol * spread:
                yield f"{path or 'answer'} differs by {off.max() / spread:.2g} spreads"


def _without_names(answer, texts):
    """Numbers whose order is that of the rows, and all others sorted by size."""
    return {
        path: value if path in BY_ROW else np.sort(np.abs(value), axis=None)
        for path, value in answer.items()
        if path not in texts and path not in BY_SEED
    }


def judge(cell):
    """The outcome of a cell, and a list of what is wrong with it."""
    item = cell.input
    outcome = run(cell.subject, cell.given())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of the oracles
        faults = list(_faults(cell, item, outcome))
    return outcome, faults


# Inputs that have an answer where others have none, with the reason.
ANSWERED = {
    "metrics.audit_subgroups": (
        r"(None|N.*|a group named|masked|nullable|polars null|one group|category|dates"
        r"|float NaN|numpy|only|two columns).*",
        "a missing label makes a subgroup, and a single column or group none",
    ),
    "representation.ParityEncoder": (
        r"(float with NaN|objects with N.*|text with None|masked array|two columns"
        r"|one column of a table)",
        "a column is a task, which need not be observed in all rows",
    ),
}
ANSWERED_ARGUMENT = {
    "metrics.audit_subgroups": "sensitive_features",
    "representation.ParityEncoder": "y",
}
# Batches of groups are drawn in the order of their names, and so is the answer: where
# that order is another one, only what the oracles say is compared.
DRAWN_BY_GROUP = ("representation.ParityEncoder",)


def _is_answered(cell):
    model = cell.subject.model
    is_nan = cell.argument == "X" and cell.input.name in NAN_IN_TABLE
    if is_nan and model is not None:
        return get_tags(model).input_tags.allow_nan
    pattern, _ = ANSWERED.get(cell.subject.name, ("", ""))
    is_column = cell.argument == ANSWERED_ARGUMENT.get(cell.subject.name)
    return is_column and bool(re.match(pattern, cell.input.name))


def _faults(cell, item, outcome):
    """What is wrong, as text.

    One warning about small groups may come beside another one: the first is about the
    data, the other about the model.
    """
    if outcome.seconds > LONGEST or isinstance(outcome.error, TimeoutError):
        yield f"takes {outcome.seconds:.0f} s"
    if outcome.changed:
        yield f"changes {outcome.changed}"
    kinds = [category == "SmallGroupWarning" for category, _ in outcome.warned]
    most = 2 if cell.subject.name in TWO_WARNINGS else 1
    if max(sum(kinds), len(kinds) - sum(kinds)) > most:
        yield f"{len(outcome.warned)} warnings: " + " | ".join(
            f"{c}: {m[:90]}" for c, m in outcome.warned
        )
    if outcome.error is not None:
        yield from _faults_of_error(cell, item, outcome.error)
        return
    if _is_answered(cell):
        return
    drawn = cell.subject.name in DRAWN_BY_GROUP and cell.argument != "y"
    if item.renamed and drawn:
        yield from not_finite(outcome.answer, clean(cell.subject).answer)
    elif item.same_as is not None:
        wanted = reference(cell)
        if wanted.error is not None:
            yield f"the reference is an error: {wanted.error!r}"[:300]
        else:
            yield from differences(outcome.answer, wanted.answer, item)
    elif item.sound:
        yield from unsound(cell, outcome, clean(cell.subject))
    else:
        yield "is not refused: " + str(outcome.answer)[:100]


def _faults_of_error(cell, item, error):
    text = f"{type(error).__name__}: {error}"
    if cell.subject.model is None and re.search(FEATURES, text):
        return
    if "SensitiveColumns" in cell.subject.name and "return one label" in text:
        return  # about the function that gives the groups here
    if item.refused is None:
        yield f"is refused: {text}"
    elif not isinstance(error, CLEAR) and type(error).__name__ not in OF_FRAMES:
        yield f"is no clear error: {text}"
    elif cell.subject.name in BY_OTHERS and cell.argument in ("y_true", "y_pred"):
        return
    elif not re.search(item.refused, str(error)):
        yield f"lacks {item.refused!r}: {text}"
