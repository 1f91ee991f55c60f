"""Cross-validated choice of the penalty and the gap ratio of a linear model."""

from contextlib import nullcontext
from functools import partial
from numbers import Integral, Real

import numpy as np
from scipy.stats import rankdata
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring

from fairlearnkit._counting.constant import describe_constant
from fairlearnkit._data.containers import any_lazy, is_lazy
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit._data.folds import (
    check_groups_of_fold,
    read_folds,
    stratified_folds,
)
from fairlearnkit._data.parallel import call_each
from fairlearnkit._data.progress import Progress
from fairlearnkit._data.quiet import without_warnings
from fairlearnkit._data.rows import take_rows
from fairlearnkit._models.linear import as_rows, leaves_no_direction
from fairlearnkit._models.messages import constant_scores, warn_together
from fairlearnkit.constraints import ParityConstraint
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    scorer_takes_weights,
)

from ._bounded_gap import read_bounded_gap
from ._dask_folds import (
    check_scoring_of_partitions,
    folds_of_partitions,
    joined_tests,
)
from ._path import as_path, read_ratios, solve_points, unconverged

# Parameters of a search, whatever the model.
SEARCH_PARAMETERS = {
    "max_gap": [Interval(Real, 0, None, closed="both")],
    "metric": [str, callable, None],
    "gap_ratios": [StrOptions({"auto"}), "array-like"],
    "cv": ["cv_object"],
    "scoring": [str, callable, None],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
}
# A gap may exceed the bound by rounding, of the order of 1e-16; doubling this makes no
# difference to gaps of rates, whose steps are far larger.
ROUNDING = 1e-12
# Frames between a warning here and the call of `fit`, its decorators included.
STACKLEVEL = 5


def shared_constraints(model_class, names):
    """What scikit-learn checks of parameters that a search shares with its models."""
    return {name: model_class._parameter_constraints[name] for name in names}


class PathSearchMixin:
    """A fit to the best score under a bound on a gap of rows that were left out.

    A subclass names the class of its models, their penalty, and the metric that is
    bounded by default, by the name of the constraint.
    """

    def _search(self, values, X, y, sensitive_features, sample_weight):
        """Fit the model.

        1. Divide the rows into folds.
        2. In each, fit the path of each penalty, and predict the rows left out.
        3. The score of a candidate is the mean over folds; its gap is that of the
           predictions in all folds together.
        4. Choose a candidate, and fit its path to all rows.
        """
        rows = self._rows(X, y, sensitive_features, sample_weight)
        values = _read_values(f"{self._penalty}s", values)
        settings = [{self._penalty: value} for value in values]
        model = self._model(settings)
        data = model._columns(*rows)
        next(model._problems(*data))  # an error for numbers that float64 cannot hold
        gap = self._read_gap(model, rows)
        ratios = [1.0] if np.isinf(self.max_gap) else read_ratios(self.gap_ratios)
        grid = [{**own, "gap_ratio": ratio} for own in settings for ratio in ratios]
        folds = self._folds(rows, data[-1][-1].groups)
        scorer = check_scoring(model, scoring=self.scoring)
        progress = Progress(type(self).__name__, self.verbose)
        of_folds = partial(progress, "fold", total=len(folds))
        given = (
            (model, settings, ratios, rows, *fold, gap, scorer, of_folds)
            for fold in enumerate(folds)
        )
        found = call_each(_fit_fold, given, self.n_jobs)
        predictions, scores, missed = zip(*found)
        messages = self._missed(grid, np.array(missed))
        tested, predictions = _tested(rows, folds, predictions)
        with without_warnings():  # those of the chosen one follow
            gaps = np.array([gap(*tested, predicted) for predicted in predictions])
        self.cv_results_ = _table(grid, np.array(scores), gaps)
        self.best_index_ = best = self._choose(gap.name, messages)
        with _without_second_warning(data[-1]):
            gap(*tested, predictions[best])
        solutions = self._fit_chosen(model, grid[best], ratios, data, messages)
        progress("path on all rows", fits=len(ratios))
        messages += self._constant(gap, model, solutions, data, *rows)
        warn_together(messages, STACKLEVEL)
        self.gap_ = float(gaps[best])
        return self

    def _rows(self, X, y, sensitive_features, sample_weight):
        """The rows as they are divided into folds: checked, or Dask collections."""
        rows = X, y, sensitive_features, sample_weight
        if any_lazy(*rows):
            return rows
        X, y, weight = self._read(*rows)
        return X, y, sensitive_features, None if sample_weight is None else weight

    def _read_gap(self, model, rows):
        """The gap that is bounded, checked as far as the rows are in memory."""
        if any_lazy(*rows):
            labels = getattr(model, "classes_", None)
            return read_bounded_gap(self, self._metrics, model, labels)
        gap = read_bounded_gap(self, self._metrics, model, rows[1])
        gap.check(*rows[1:])
        return gap

    def _model(self, settings):
        """A model with the parameters of this estimator; all settings are checked."""
        model = self._model_class()
        shared = model.get_params(deep=False).keys() & self.get_params(deep=False)
        model.set_params(**{name: getattr(self, name) for name in shared})
        model.set_params(max_gap=0.0, gap_ratio=0.0, verbose=0)
        for own in settings:
            model.set_params(**own)._validate_params()
        return model

    def _plain_model(self):
        """That of the chosen candidate."""
        chosen = {self._penalty: getattr(self, f"{self._penalty}_")}
        model = self._model([chosen])
        vars(model).update({k: v for k, v in vars(self).items() if k.endswith("_")})
        return model._plain_model()

    def _folds(self, rows, groups):
        """Folds, stratified by class and group if only their number is given."""
        if any_lazy(*rows):
            check_scoring_of_partitions(self.scoring)
            return folds_of_partitions(self.cv, rows)
        X, y, *_ = rows
        classified = is_classifier(self)
        if groups is not None and isinstance(self.cv, Integral | None):
            codes = np.unique(y, return_inverse=True)[1] if classified else None
            folds = stratified_folds(5 if self.cv is None else self.cv, codes, groups)
        else:
            folds = read_folds(self.cv, X, y, classifier=classified)
        for number, (train, _) in enumerate(folds):
            for part in _compared(self.constraint, groups):
                check_groups_of_fold(part, train, number)
        return folds

    def _choose(self, metric, messages):
        """Position of the best score within the bound, or of the lowest gap.

        A warning about the latter is added to the messages.
        """
        scores, gaps = self.cv_results_["mean_test_score"], -self.cv_results_["gap"]
        usable = np.flatnonzero(np.isfinite(scores) & np.isfinite(gaps))
        if not len(usable):
            n_scores, n_gaps = (~np.isfinite([scores, gaps])).sum(axis=1)
            msg = (
                f"No candidate has both a score and a gap: of {len(scores)} candidates "
                f"{n_scores} lack a finite score, and {n_gaps} a finite {metric}. A "
                "fold may lack a class, a group the rows of a rate, or a ratio may "
                "compare rates of 0. Merge small groups, or use fewer folds."
            )
            raise ValueError(msg)
        within = usable[gaps[usable] <= self.max_gap + ROUNDING]
        if len(within):
            return int(within[np.lexsort((gaps[within], -scores[within]))[0]])
        best = int(usable[np.lexsort((-scores[usable], gaps[usable]))[0]])
        chosen = self.cv_results_["params"][best]
        setting = ", ".join(f"{name}={value:g}" for name, value in chosen.items())
        msg = (
            f"No candidate meets max_gap={self.max_gap}. The lowest {metric} of "
            f"held-out rows is {gaps[best]:.4g} ({setting}, score {scores[best]:.4g}), "
            "and that model is used. Allow a larger gap, or try finer gap_ratios "
            "around this one."
        )
        messages.append((UserWarning, msg))
        return best

    def _fit_chosen(self, model, chosen, ratios, data, messages):
        """Fit the path of the chosen penalty to all rows, and set the attributes."""
        X, _, weight, contrasts = data
        model.set_params(**chosen)
        paths, gaps = solve_points(model, ratios, data)
        messages += unconverged(model, ratios, paths, gaps)
        self.path_ = as_path(ratios, paths, gaps)
        point = ratios.index(chosen["gap_ratio"])
        solutions = [path[point] for path in paths]
        model._finish(X, weight, contrasts, solutions, [gaps[point]])
        vars(self).update({k: v for k, v in vars(model).items() if k.endswith("_")})
        self.n_iter_ = int(self.path_.n_iters.max())
        for name, value in chosen.items():
            setattr(self, f"{name}_", value)
        return solutions

    def _missed(self, grid, missed):
        """A warning of candidates that have not converged in some fold."""
        if not missed.any():
            return []
        in_some = np.flatnonzero(missed.any(axis=0))
        penalties = sorted({grid[i][self._penalty] for i in in_some})
        msg = (
            f"In {missed.sum()} of {missed.size} fits, with {self._penalty} in "
            f"{penalties}, the solver did not reach its tolerance: increase max_iter "
            "or tol, or scale the features."
        )
        return [(ConvergenceWarning, msg)]

    def _constant(self, gap, model, solutions, data, X, y, _, weight):
        """A warning if the model predicts or decides nearly the same for all rows."""
        fitted = as_rows(data[0], data[1][0], data[2])
        if any(leaves_no_direction(fitted, solution) for solution in solutions):
            return [(UserWarning, constant_scores(model))]
        if gap.classes is None or is_lazy(X):
            return []
        total = len(y) if weight is None else weight.sum()
        codes = np.searchsorted(gap.classes, y), gap.predict(model, X)
        n_classes = len(gap.classes)
        shares = [np.bincount(part, weight, n_classes) / total for part in codes]
        text = describe_constant(gap.classes, *shares)
        if not text:
            return []
        msg = f"The chosen model {text}"
        if self.scoring != "balanced_accuracy":
            msg += " With scoring='balanced_accuracy' such models score low."
        return [(UserWarning, msg)]


def _without_second_warning(contrasts):
    """A context without warnings of small groups, if the constraint warned of some."""
    counts = [group.counts for each in contrasts if (group := each.groups) is not None]
    small = any(each.min() < SMALL_CELL for each in counts)
    return without_warnings(SmallGroupWarning) if small else nullcontext()


def _compared(constraint, groups):
    """The groups that a constraint compares: those of each column, or all."""
    if groups is None:
        return []
    by_column = (
        isinstance(constraint, ParityConstraint) and constraint.columns == "separately"
    )
    return groups.columns if by_column and groups.columns else [groups]


def _read_values(name, values):
    """Values of a penalty, as a list of floats."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.ndim != 1 or not len(numbers):
        msg = f"{name}={values!r} must be a list of numbers, such as [0.1, 1, 10]."
        raise ValueError(msg)
    return numbers.tolist()


def _fit_fold(model, settings, ratios, rows, number, fold, gap, scorer, progress):
    """Fit all candidates to the training rows of a fold, and predict its test rows.

    Returns
    -------
    predictions : ndarray of shape (n_candidates, n_test)
    scores : list of length n_candidates
    missed : list of bool
        Whether the fit of a candidate has not converged.
    """
    train, (X, y, _, weight) = (_take(rows, part) for part in fold)
    lazy = is_lazy(X)
    weighted = weight is not None and scorer_takes_weights(scorer)
    options = {"sample_weight": weight} if weighted else {}
    model = clone(model)
    with without_warnings(SmallGroupWarning):  # all rows are warned of
        data = _columns_of_fold(model, train, number)
    predictions, scores, missed = [], [], []
    for own in settings:
        paths, _ = solve_points(model.set_params(**own), ratios, data)
        for solutions in zip(*paths):
            model._store(data[0], data[2], solutions)
            predictions.append(gap.predict(model, X))
            scores.append(scorer(model, X, y, **options))
            missed.append(any(s.status != "optimal" for s in solutions))
    progress(number + 1, fits=len(scores))
    return predictions if lazy else np.array(predictions), scores, missed


def _columns_of_fold(model, train, number):
    """What the model is fitted to, with errors that name the fold."""
    try:
        return model._columns(*train)
    except ValueError as error:
        msg = (
            f"The training rows of fold {number} are too few: {error} Merge small "
            "groups, use fewer folds, or pass a cv whose training rows hold all cells."
        )
        raise ValueError(msg) from error


def _tested(rows, folds, predictions):
    """y, groups and weights of the tests of all folds, and predictions by candidate."""
    if any_lazy(*rows):
        return joined_tests(rows, folds, predictions)
    tested = _take(rows, np.concatenate([test for _, test in folds]))[1:]
    return tested, np.concatenate(predictions, axis=1)


def _take(data, rows):
    """Rows of X, y, sensitive features and weights, which may be None.

    `rows` are positions in memory, or a function that takes the rows of a collection.
    """
    if callable(rows):
        return tuple(map(rows, data))
    X, y, sensitive_features, weight = data
    groups = take_rows(sensitive_features, rows)
    return X[rows], y[rows], groups, None if weight is None else weight[rows]


def _table(grid, scores, gaps):
    """``cv_results_``: a row for each candidate; `scores` has one for each fold."""
    means = scores.mean(axis=0)
    return {
        "params": grid,
        **{f"param_{name}": np.array([c[name] for c in grid]) for name in grid[0]},
        **{f"split{i}_test_score": row for i, row in enumerate(scores)},
        "mean_test_score": means,
        "std_test_score": scores.std(axis=0),
        "rank_test_score": rankdata(
            -np.nan_to_num(means, nan=-np.inf), method="min"
        ).astype(np.int32),
        "gap": -gaps,
    }
