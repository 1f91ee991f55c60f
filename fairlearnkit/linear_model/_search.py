"""Cross-validated choice of the penalty and the gap ratio of a linear model."""

import warnings
from contextlib import contextmanager
from numbers import Integral, Real

import numpy as np
from scipy.stats import rankdata
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.utils.parallel import Parallel, delayed

from fairlearnkit._counting.constant import describe_constant
from fairlearnkit._data.folds import check_groups_of_fold, class_and_group, read_folds
from fairlearnkit._data.rows import take_rows
from fairlearnkit.exceptions import SmallGroupWarning
from fairlearnkit.utils._sklearn_private import (
    Interval,
    StrOptions,
    scorer_takes_weights,
)

from ._bounded_gap import read_bounded_gap
from ._path import as_path, read_ratios, solve_points, warn_unconverged

# Parameters of a search, whatever the model.
SEARCH_PARAMETERS = {
    "max_gap": [Interval(Real, 0, None, closed="both")],
    "metric": [str, callable, None],
    "gap_ratios": [StrOptions({"auto"}), "array-like"],
    "cv": ["cv_object"],
    "scoring": [str, callable, None],
    "n_jobs": [Integral, None],
}
# A gap may exceed the bound by rounding, of the order of 1e-16; doubling this makes no
# difference to gaps of rates, whose steps are far larger.
ROUNDING = 1e-12
# Frames between a warning here and the call of `fit`, its decorators included.
STACKLEVEL = 6


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
        X, y, weight = self._read(X, y, sensitive_features, sample_weight)
        rows = X, y, sensitive_features, None if sample_weight is None else weight
        settings = [{self._penalty: value} for value in _read_values(values)]
        model = self._model(settings)
        data = model._columns(*rows)
        next(model._problems(*data))  # an error for numbers that float64 cannot hold
        pos_label = getattr(model, "pos_label_", None)
        gap = read_bounded_gap(self, self._metrics, y, pos_label)
        ratios = [1.0] if np.isinf(self.max_gap) else read_ratios(self.gap_ratios)
        grid = [{**own, "gap_ratio": ratio} for own in settings for ratio in ratios]
        folds = self._folds(X, y, data[-1][-1].groups)
        scorer = check_scoring(model, scoring=self.scoring)
        found = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_fold)(model, settings, ratios, rows, *fold, gap, scorer)
            for fold in enumerate(folds)
        )
        predictions, scores, missed = zip(*found)
        self._warn_of_missed(grid, np.array(missed))
        tested = _take(rows, np.concatenate([test for _, test in folds]))[1:]
        predictions = np.concatenate(predictions, axis=1)
        with _each_warning_once():
            gaps = np.array([gap(*tested, predicted) for predicted in predictions])
        self.cv_results_ = _table(grid, np.array(scores), gaps)
        self.best_index_ = best = self._choose(gap.name)
        self._warn_of_constant(gap, tested, predictions[best])
        self._fit_chosen(model, grid[best], ratios, data)
        self.gap_ = float(gaps[best])
        return self

    def _model(self, settings):
        """A model with the parameters of this estimator; all settings are checked."""
        model = self._model_class()
        shared = model.get_params(deep=False).keys() & self.get_params(deep=False)
        model.set_params(**{name: getattr(self, name) for name in shared})
        model.set_params(max_gap=0.0, gap_ratio=0.0)
        for own in settings:
            model.set_params(**own)._validate_params()
        return model

    def _folds(self, X, y, groups):
        """Folds, stratified by class and group if only their number is given."""
        labels, stratified = y, is_classifier(self)
        if groups is not None and isinstance(self.cv, Integral | None):
            codes = np.unique(y, return_inverse=True)[1] if stratified else None
            labels = class_and_group(codes, groups, 5 if self.cv is None else self.cv)
            stratified = True
        folds = read_folds(self.cv, X, labels, classifier=stratified)
        for number, (train, _) in enumerate(folds):
            if groups is not None:
                check_groups_of_fold(groups, train, number)
        return folds

    def _choose(self, metric):
        """Position of the best score within the bound, or of the lowest gap."""
        scores, gaps = self.cv_results_["mean_test_score"], -self.cv_results_["gap"]
        usable = np.flatnonzero(np.isfinite(scores) & np.isfinite(gaps))
        if not len(usable):
            msg = (
                f"No candidate has both a score and a {metric}: some fold lacks a "
                "class, or some group lacks the rows that a rate is about. Merge "
                "small groups, or use fewer folds."
            )
            raise ValueError(msg)
        within = usable[gaps[usable] <= self.max_gap + ROUNDING]
        if len(within):
            return int(within[np.lexsort((gaps[within], -scores[within]))[0]])
        best = int(usable[np.lexsort((-scores[usable], gaps[usable]))[0]])
        msg = (
            f"No candidate has a {metric} of at most max_gap={self.max_gap} on rows "
            f"that were left out. The lowest is {gaps[best]:.4g}, with "
            f"{self.cv_results_['params'][best]} and a score of {scores[best]:.4g}, "
            "and is taken. Allow a larger gap, or search more gap_ratios."
        )
        warnings.warn(msg, UserWarning, stacklevel=STACKLEVEL)
        return best

    def _fit_chosen(self, model, chosen, ratios, data):
        """Fit the path of the chosen penalty to all rows, and set the attributes."""
        X, _, weight, contrasts = data
        model.set_params(**chosen)
        paths, gaps = solve_points(model, ratios, data)
        warn_unconverged(model, ratios, paths, gaps, STACKLEVEL)
        self.path_ = as_path(ratios, paths, gaps)
        point = ratios.index(chosen["gap_ratio"])
        solutions = [path[point] for path in paths]
        model._finish(X, weight, contrasts, solutions, [gaps[point]])
        vars(self).update({k: v for k, v in vars(model).items() if k.endswith("_")})
        self.n_iter_ = int(self.path_.n_iters.max())
        for name, value in chosen.items():
            setattr(self, f"{name}_", value)

    def _warn_of_missed(self, grid, missed):
        """Warn of candidates that have not converged in some fold."""
        if missed.any():
            in_some = np.flatnonzero(missed.any(axis=0))
            penalties = sorted({grid[i][self._penalty] for i in in_some})
            msg = (
                f"In {missed.sum()} of {missed.size} fits, with {self._penalty} in "
                f"{penalties}, the solver did not reach its tolerance: increase "
                "max_iter or tol, or scale the features."
            )
            warnings.warn(msg, ConvergenceWarning, stacklevel=STACKLEVEL)

    def _warn_of_constant(self, gap, tested, predicted):
        """Warn if nearly all rows get the same decision."""
        if gap.classes is None:
            return
        y, _, weight = tested
        total = len(y) if weight is None else weight.sum()
        shares = [
            np.bincount(codes, weight, len(gap.classes)) / total
            for codes in (np.searchsorted(gap.classes, y), predicted)
        ]
        text = describe_constant(gap.classes, *shares)
        if text:
            msg = (
                f"The chosen model {text} With scoring='balanced_accuracy' such models "
                "score low."
            )
            warnings.warn(msg, UserWarning, stacklevel=STACKLEVEL)


def _read_values(values):
    """Values of the penalty, as a list of floats."""
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values):
        msg = "Cs or alphas must be a list of numbers, such as [0.1, 1, 10]."
        raise ValueError(msg)
    return values.tolist()


def _fit_fold(model, settings, ratios, rows, number, fold, gap, scorer):
    """Fit all candidates to the training rows of a fold, and predict its test rows.

    Returns
    -------
    predictions : ndarray of shape (n_candidates, n_test)
    scores : list of length n_candidates
    missed : list of bool
        Whether the fit of a candidate has not converged.
    """
    train, (X, y, _, weight) = (_take(rows, part) for part in fold)
    weighted = weight is not None and scorer_takes_weights(scorer)
    options = {"sample_weight": weight} if weighted else {}
    model = clone(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallGroupWarning)  # all rows are warned of
        data = _columns_of_fold(model, train, number)
    predictions, scores, missed = [], [], []
    for own in settings:
        paths, _ = solve_points(model.set_params(**own), ratios, data)
        for solutions in zip(*paths):
            model._store(data[0], data[2], solutions)
            predictions.append(gap.predict(model, X))
            scores.append(scorer(model, X, y, **options))
            missed.append(any(s.status != "optimal" for s in solutions))
    return np.array(predictions), scores, missed


@contextmanager
def _each_warning_once():
    """Warn once of what all candidates are warned of, such as a small group."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text, category in {(str(w.message), w.category): None for w in caught}:
        warnings.warn(text, category, stacklevel=STACKLEVEL + 1)


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


def _take(data, rows):
    """Rows of X, y, sensitive features and weights, which may be None."""
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
