"""Right answers from elsewhere: gaps by hand, metrics by definition, ridge exactly."""

from fractions import Fraction
from itertools import pairwise
from math import fsum, isnan

import numpy as np
from sklearn.base import is_classifier

from fairlearnkit.compose import SensitiveColumns

# What rounding and a solver's tolerance may leave, in spreads of the scores. Solvers
# stop at a relative duality gap of 1e-8, which is the square of a distance.
SOLVED = 1e-4
ROUNDING = 1e-6
# A report shows what is not defined, in place of a warning.
SHOW_NAN = ("metrics.parity_report",)
SMALLEST = 1e-300
# Exact elimination takes too long for more coefficients.
MAX_EXACT = 8


def unsound(cell, outcome, clean):
    """What is wrong with an answer that has no reference, as text.

    It has to be finite where that of plain arrays is: the complement of a subgroup may
    be no subgroup, and a report has cells without a number.
    """
    given = cell.given()
    compares = cell.subject.kinds.get("sensitive_features") == "groups"
    if compares and not _all_have_weight(given):
        if not outcome.warned:
            yield f"is not refused: {outcome.answer}"[:100]
        return
    by_hand = METRICS.get(cell.subject.name.rpartition(".")[2])
    if by_hand is not None:
        yield from _unlike(by_hand, given, outcome)
        return
    if cell.subject.name not in SHOW_NAN and not outcome.warned:
        yield from not_finite(outcome.answer, clean.answer)
    if cell.subject.model is not None:
        model = outcome.value["model"]
        model = model.estimator_ if isinstance(model, SensitiveColumns) else model
        searched = "CV" in type(model).__name__  # its gap_ is one of held-out rows
        if hasattr(model, "multipliers_") and not searched:
            yield from _wrong_gap(model, given, outcome)
        if type(model).__name__ == "ParityRidge":
            yield from _wrong_ridge(model, given, outcome, cell.input.tol)


def not_finite(answer, clean):
    """What is not finite, although it is for plain arrays."""
    for path, value in answer.items():
        if isinstance(value, str) or np.isfinite(value).all():
            continue
        if path == "/ratio" and answer["/by_group"].min() <= 0:
            continue  # documented: there is none to a value of 0
        # The first threshold of a ROC curve is infinite.
        if path != "/complement" and np.isfinite(clean.get(path, value)).all():
            yield f"{path or 'answer'} is not finite"


def _all_have_weight(given):
    """Whether there are groups, and each has a row of positive weight."""
    groups = np.asarray(given["sensitive_features"])
    weight = np.asarray(given.get("sample_weight", np.ones(len(groups))), dtype=float)
    return len(groups) > 0 and {*groups[weight > 0].tolist()} == {*groups.tolist()}


# Metrics.


def _rows(given):
    """Weights, groups and all rows of each group, as Python numbers."""
    groups = np.asarray(given["sensitive_features"]).tolist()
    weight = np.asarray(given["sample_weight"], dtype=float).tolist()
    members = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    return [Fraction(w) for w in weight], members


def _rates(given, true=None):
    """Share of rows predicted 1 in each group, among those of one true class."""
    weight, members = _rows(given)
    y, predicted = given["y_true"], given["y_pred"]
    rates = []
    for rows in members.values():
        rows = [i for i in rows if true is None or y[i] == true]
        total = sum(weight[i] for i in rows)
        hits = sum(weight[i] for i in rows if predicted[i] == 1)
        rates.append(float(hits / total) if total else float("nan"))
    return rates


def _difference(rates):
    return max(rates) - min(rates) if not any(map(isnan, rates)) else float("nan")


def _ratio(rates):
    if any(map(isnan, rates)) or max(rates) == 0:
        return float("nan")
    return min(rates) / max(rates)


def _of_rates(compare, worst, *classes):
    def by_hand(given):
        found = [compare(_rates(given, true)) for true in classes]
        return float("nan") if any(map(isnan, found)) else worst(found)

    return by_hand


def _steps(given):
    """Distribution functions of all groups, at every score, and the scores."""
    weight, members = _rows(given)
    scores = [Fraction(float(s)) for s in given["y_score"]]
    points, everything = sorted(set(scores)), sum(weight)
    functions, shares = [], []
    for rows in members.values():
        total = sum(weight[i] for i in rows)
        at = {}
        for i in rows:
            at[scores[i]] = at.get(scores[i], 0) + weight[i]
        running, function = Fraction(0), []
        for point in points:
            running += at.get(point, 0)
            function.append(running / total)
        functions.append(function)
        shares.append(total / everything)
    return points, functions, shares


def _ks(given):
    _, functions, _ = _steps(given)
    return float(max(max(at) - min(at) for at in zip(*functions)))


def _wasserstein_1(given):
    points, functions, _ = _steps(given)
    widths = np.array([float(b - a) for a, b in pairwise(points)])
    F = np.array([[float(v) for v in f[:-1]] for f in functions])
    return max(float((np.abs(F - f) @ widths).max()) for f in F)


def _unfairness(given):
    """Shares times squared distances of quantiles to their mean, level by level."""
    points, functions, shares = _steps(given)
    levels = sorted({Fraction(0), *(level for f in functions for level in f)})
    shares, at = np.array([float(p) for p in shares]), [0] * len(functions)
    # Relative to the first point, so that squares lose no digits.
    points = np.array([float(point - points[0]) for point in points])
    terms = []
    for low, high in pairwise(levels):
        for k, function in enumerate(functions):
            while function[at[k]] < high:
                at[k] += 1
        values = points[at]
        with np.errstate(over="ignore"):
            variance = shares @ (values - shares @ values) ** 2
        terms.append(float(high - low) * float(variance))
    return sum(terms)


def _score_gap(given):
    weight, members = _rows(given)
    scores = [Fraction(float(s)) for s in given["y_score"]]
    means = [
        sum(weight[i] * scores[i] for i in rows) / sum(weight[i] for i in rows)
        for rows in members.values()
    ]
    return float(max(means) - min(means))


METRICS = {
    "demographic_parity_difference": _of_rates(_difference, max, None),
    "demographic_parity_ratio": _of_rates(_ratio, min, None),
    "rate_difference": _of_rates(_difference, max, None),
    "rate_ratio": _of_rates(_ratio, min, None),
    "equal_opportunity_difference": _of_rates(_difference, max, 1),
    "equal_opportunity_ratio": _of_rates(_ratio, min, 1),
    "equalized_odds_difference": _of_rates(_difference, max, 0, 1),
    "equalized_odds_ratio": _of_rates(_ratio, min, 0, 1),
    "ks_gap": _ks,
    "strong_demographic_disparity": _wasserstein_1,
    "wasserstein_unfairness": _unfairness,
    "score_gap": _score_gap,
}


def _unlike(by_hand, given, outcome):
    (got,) = outcome.answer.values()
    try:
        want = by_hand(given)
    except TypeError:  # of y_true=None, where it is needed
        yield f"is not refused: {got}"
        return
    if isnan(want) and not outcome.warned:
        yield "NaN without a warning"
    scale = 1.0
    if "y_score" in given:  # differences of scores have the rounding of the scores
        scale = max(1.0, float(np.ptp(given["y_score"])))
    if not np.allclose(got, want, rtol=1e-9, atol=1e-12 * scale, equal_nan=True):
        yield f"is {float(got)!r}, by hand {want!r}"


# Models.


def scores_of(model, X):
    """The scores that a constraint is about."""
    if is_classifier(model):
        return model.decision_function(X)
    predicted = model.predict(X)
    if type(model).__name__ in ("ParityPoissonRegressor", "ParityGammaRegressor"):
        return np.log(predicted)
    return predicted


def gap_by_hand(scores, given):
    """Largest difference of two weighted means, summed without rounding."""
    groups = np.asarray(given["sensitive_features"])
    weight = np.asarray(given["sample_weight"], dtype=float)
    weight = weight / weight.max()
    means = []
    for group in set(groups.tolist()):
        rows = np.flatnonzero(groups == group)
        terms = [float(weight[i]) * float(scores[i]) for i in rows]
        means.append(fsum(terms) / fsum(weight[rows].tolist()))
    return max(means) - min(means)


def _wrong_gap(model, given, outcome):
    """Whether the reported gap is that of the scores, and within the bound."""
    X = np.asarray(given["X"], dtype=float)
    scores = np.asarray(scores_of(model, given["X"]), dtype=float)
    size = np.ptp(scores)
    rounding = 1e-12 * np.abs(scores).max()
    if hasattr(model, "coef_"):
        rounding += 1e-13 * (np.abs(X) @ np.abs(np.ravel(model.coef_))).max()
    if hasattr(model, "dual_coef_"):  # the kernel has rounding of its own
        largest = max(1.0, np.abs(X).max()) ** 2
        rounding += 1e-15 * largest * np.abs(model.dual_coef_).sum()
        rounding += 1e-11 * np.abs(np.asarray(given["y"], dtype=float)).max()
    by_hand = gap_by_hand(scores, given)
    told = any(category == "ConvergenceWarning" for category, _ in outcome.warned)
    off = abs(by_hand - model.gap_)
    if not told and off > ROUNDING * size + 10 * rounding:
        yield f"gap_ is {model.gap_:.3g}, by hand {by_hand:.3g}, scores span {size:.3g}"
    if outcome.warned:
        return
    if by_hand > model.max_gap + SOLVED * size + 10 * rounding:
        yield f"a gap of {by_hand:.3g} for max_gap={model.max_gap}"
    weight = np.asarray(given["sample_weight"], dtype=float)
    total = weight.sum() * max(1.0, np.square(given["y"], dtype=float).max())
    if not model.duality_gap_ >= -1e-12 * total - SMALLEST:
        yield f"duality_gap_ is {model.duality_gap_}"


def _wrong_ridge(model, given, outcome, tol):
    """Ridge predictions against exact elimination of its optimality conditions."""
    X = np.asarray(given["X"], dtype=float)
    if X.shape[1] >= MAX_EXACT or outcome.warned:
        return
    want = exact_ridge(X, given, model.alpha)
    got = model.predict(given["X"])
    # float64 holds X itself to 16 digits: what that moves the scores by.
    spread = max(np.std(want), 1e-9 * np.abs(np.asarray(given["y"])).max())
    noise = 1e-14 * (np.abs(X) @ np.abs(model.coef_)).max()
    if np.abs(got - want).max() > tol * spread + 100 * noise:
        off = np.abs(got - want).max() / spread
        yield f"predictions are {off:.2g} spreads from the exact optimum"


def exact_ridge(X, given, alpha):
    """Predictions of ridge regression with equal group means, in rational numbers."""
    y = [Fraction(float(v)) for v in given["y"]]
    weight, members = _rows(given)
    rows = [[Fraction(float(v)) for v in row] + [Fraction(1)] for row in X]
    d = X.shape[1]
    means = [
        [
            sum(weight[i] * rows[i][j] for i in group) / sum(weight[i] for i in group)
            for j in range(d + 1)
        ]
        for group in members.values()
    ]
    contrasts = _independent([[a - b for a, b in zip(m, means[0])] for m in means[1:]])
    normal = [
        [
            sum(w * r[i] * r[j] for w, r in zip(weight, rows))
            + (Fraction(float(alpha)) if i == j < d else 0)
            for j in range(d + 1)
        ]
        + [c[i] for c in contrasts]
        + [sum(w * r[i] * v for w, r, v in zip(weight, rows, y))]
        for i in range(d + 1)
    ]
    zeros = [Fraction(0)] * (len(contrasts) + 1)
    coef = _solve(normal + [c + zeros for c in contrasts])[: d + 1]
    return np.array([float(sum(a * b for a, b in zip(r, coef))) for r in rows])


def _independent(rows):
    """Rows of the same span, none of which depends on others."""
    kept = []
    for row in rows:
        for other in kept:
            pivot = next(j for j, v in enumerate(other) if v)
            factor = row[pivot] / other[pivot]
            row = [a - factor * b for a, b in zip(row, other)]
        if any(row):
            kept.append(row)
    return kept


def _solve(rows):
    """Solution of equations, each row with its right side last, by elimination."""
    n = len(rows)
    rows = [list(row) for row in rows]
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k])]
    return [row[-1] for row in rows]


def objective_of(model, X, given):
    """What a linear classifier or SVR minimises, at its own coefficients."""
    coef = np.ravel(model.coef_)
    y, weight = _targets(model, given), np.asarray(given["sample_weight"], dtype=float)
    f = X @ coef + np.ravel(model.intercept_)
    loss = {
        "ParityLogisticRegression": lambda: np.logaddexp(0, -y * f),
        "ParityLinearSVC": lambda: np.maximum(0, 1 - y * f) ** 2,
        "ParityLinearSVR": lambda: np.maximum(0, np.abs(y - f) - model.epsilon),
    }[type(model).__name__]()
    return 0.5 * coef @ coef + model.C * (weight @ loss)


def optimum_by_cvxpy(model, X, given):
    """The smallest value of `objective_of` among models of equal group means.

    Columns are centred, which the intercept makes up for, and w is in units of them.
    """
    import cvxpy as cp

    y, weight = _targets(model, given), np.asarray(given["sample_weight"], dtype=float)
    scale = X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    X = (X - X.mean(axis=0)) / scale
    w, b = cp.Variable(X.shape[1]), cp.Variable()
    f = X @ w + b
    loss = {
        "ParityLogisticRegression": lambda: cp.logistic(cp.multiply(-y, f)),
        "ParityLinearSVC": lambda: cp.square(cp.pos(1 - cp.multiply(y, f))),
        "ParityLinearSVR": lambda: cp.pos(cp.abs(y - f) - model.epsilon),
    }[type(model).__name__]()
    groups = np.asarray(given["sensitive_features"])
    means = [
        np.average(X[groups == group], axis=0, weights=weight[groups == group])
        for group in np.unique(groups)
    ]
    equal = [(mean - means[0]) @ w == 0 for mean in means[1:]]
    cost = 0.5 * cp.sum_squares(w / scale) + model.C * (weight @ loss)
    problem = cp.Problem(cp.Minimize(cost), equal)
    return problem.solve(solver="CLARABEL")


def _targets(model, given):
    if is_classifier(model):
        return np.where(np.asarray(given["y"]) == 1, 1.0, -1.0)
    return np.asarray(given["y"], dtype=float)
