"""One function for each property; each runs a method and says what happened.

The first line of a docstring is the definition of the property. Every probe returns
"yes", "no" or "n/a" and a remark; an error in a method is "no", with its message.
"""

import io
import re
import textwrap

import joblib
import numpy as np
from people import people
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

N_ALONE = 100
# Rounding of predicted numbers; their standard deviation is about 2.
CLOSE = 1e-9


def training(method, **options):
    """Rows of the kind that a method is made for."""
    return people(method.target, **options)


def test_rows(method, **options):
    """New rows."""
    return people(method.target, seed=1, **options)


def differing(first, second):
    """Share of predictions that differ."""
    if first.dtype.kind == "f":
        return float(np.mean(~(np.abs(first - second) <= CLOSE)))
    return float(np.mean(first != second))


def largest_gap(predicted, group):
    """Largest difference between groups of a class's rate, or of mean numbers."""
    if predicted.dtype.kind == "f":
        means = [predicted[group == g].mean() for g in group.unique()]
        return float(np.ptp(means))
    return max(
        largest_gap((predicted == k).astype(float), group) for k in np.unique(predicted)
    )


def gaps(method, rows):
    """Largest gap of the method on the rows it is fitted to, and of a plain model."""
    plain = Ridge() if rows.y.dtype.kind == "f" else LogisticRegression()
    both = (
        method.steady(method.fit(rows), rows.X, rows.group, labels=True),
        plain.fit(rows.X, rows.y).predict(rows.X),
    )
    parts = [slice(None)]
    if method.within_classes:
        parts = [rows.y == k for k in np.unique(rows.y)]
    return both[0], *(
        max(largest_gap(predicted[part], rows.group[part]) for part in parts)
        for predicted in both
    )


def over_constraints(method, share):
    """Shares by constraint in one remark, and whether all are zero."""
    shares = {}
    for name in method.constraints:
        options = {} if len(method.constraints) == 1 else {"constraint": name}
        model = method.fit(training(method), **options)
        shares[name] = share(model)
    if len(shares) == 1:
        return shares, f"{next(iter(shares.values())):.2%}"
    return shares, ", ".join(f"{value:.2%} ({name})" for name, value in shares.items())


def same_twice(method):
    """Two calls of predict agree."""
    rows = test_rows(method)

    def share(model, **seed):
        first, second = (
            method.predict(model, rows.X, rows.group, **seed) for _ in range(2)
        )
        return differing(first, second)

    shares, told = over_constraints(method, share)
    if not any(shares.values()):
        return "yes", ""
    remark = f"{told} of the rows differ"
    if method.seed:
        shares, told = over_constraints(method, lambda m: share(m, **method.seed))
        remark += f"; {told} with random_state=0"
    if method.quiet:
        told = share(method.fit(training(method), **method.quiet))
        remark += f"; {told:.2%} with {method.quiet}"
    return "no", remark


def row_alone(method):
    """A row alone gets the prediction that it gets in a batch (same random_state)."""
    rows, seed = test_rows(method), method.seed

    def share(model):
        batch = method.predict(model, rows.X, rows.group, **seed)[:N_ALONE]
        singles = [rows.take([i]) for i in range(N_ALONE)]
        alone = [method.predict(model, s.X, s.group, **seed)[0] for s in singles]
        return differing(batch, np.array(alone))

    shares, told = over_constraints(method, share)
    if not any(shares.values()):
        return "yes", ""
    remark = f"{told} of {N_ALONE} rows differ"
    if method.quiet:
        told = share(method.fit(training(method), **method.quiet))
        remark += f"; {told:.2%} with {method.quiet}"
    return "no", remark


def x_alone(method):
    """Predict needs no groups."""
    model, rows = method.fit(training(method)), test_rows(method)
    first = method.steady(model, rows.X, None)
    known = method.steady(model, rows.X, rows.group)
    return ("yes" if differing(first, known) == 0 else "no"), ""


def unseen_group(method):
    """A group that was not seen in fit is an error at prediction."""
    if not method.groups_at_predict:
        return "n/a", "groups are not used at predict"
    model, rows = method.fit(training(method)), test_rows(method)
    group = rows.group.copy()
    group[0] = "z"
    try:
        got = method.predict(model, rows.X, group, **method.seed)
    except Exception as error:
        return "yes", message(error)
    return "no", f"predicts {got[0]:.3g} without a warning"


def more_groups(method):
    """With three groups, the largest gap is below half of the plain model's."""
    rows = training(method, n_groups=3)
    _, gap, plain = gaps(method, rows)
    return ("yes" if gap < plain / 2 else "no"), f"gap {gap:.3f}, plain {plain:.3f}"


def more_classes(method):
    """With three classes, all are predicted, with smaller gaps than a plain model's."""
    rows = people("three")
    if method.target == "numbers":
        other = dict(method.elsewhere).get("classes")
        return ("n/a", f"for numbers; see {other}") if other else ("no", "for numbers")
    predicted, gap, plain = gaps(method, rows)
    fine = gap < plain and len(np.unique(predicted)) == 3
    return ("yes" if fine else "no"), f"gap {gap:.3f}, plain {plain:.3f}"


def numbers(method):
    """A numeric y is fitted, and numbers are predicted."""
    rows = people("numbers")
    fit = getattr(method, "fit_numbers", method.fit)
    predicted = method.predict(fit(rows), rows.X, rows.group, **method.seed)
    if len(np.unique(predicted)) < 20:
        return "no", f"predicts {len(np.unique(predicted))} values"
    gap = largest_gap(predicted.astype(float), rows.group)
    plain = largest_gap(Ridge().fit(rows.X, rows.y).predict(rows.X), rows.group)
    return "yes", f"gap of means {gap:.3f}, plain {plain:.3f}"


def weights(method):
    """Integer weights in fit give the predictions that repeated rows give."""
    rows, new = training(method), test_rows(method)
    heavy = (rows.group == "b").to_numpy() & (rows.y > np.median(rows.y) - 0.5)
    weight = np.where(heavy, 3, 1)
    repeated = rows.take(np.repeat(np.arange(len(weight)), weight))
    plain = Ridge() if method.target == "numbers" else LogisticRegression()
    options = {}
    if method.prefit:
        options["frozen"] = plain.fit(repeated.X, repeated.y)
    first, second, without = (
        method.predict(method.fit(data, **options), new.X, new.group, **method.seed)
        for data in (rows.but(weight=weight.astype(float)), repeated, rows)
    )
    if first.dtype.kind == "f":
        apart, moved = np.abs(first - second).max(), np.abs(first - without).max()
        told = f"at most {apart:.1e} apart, {moved:.1e} from no weights"
        return ("yes" if apart < 1e-6 < moved else "no"), told
    apart, moved = differing(first, second), differing(first, without)
    told = f"{apart:.2%} of the rows differ, {moved:.2%} from no weights"
    # A row at the very threshold may fall to either side.
    return ("yes" if apart <= 1 / len(first) < moved else "no"), told


def text_labels(method):
    """Labels "no" and "yes" are fitted and predicted."""
    if method.target == "numbers":
        return "n/a", "for numbers"
    rows = people("two")
    text = rows.but(y=np.array(["no", "yes"])[rows.y])
    options = dict(method.for_text)
    predicted = method.predict(
        method.fit(text, **options), rows.X, rows.group, **method.seed
    )
    known = set(np.unique(predicted)) == {"no", "yes"}
    return ("yes" if known else "no"), "" if known else f"predicts {predicted[:2]}"


def sparse(method):
    """X may be a CSR array."""
    if not method.reads_X:
        return "n/a", "is given predictions, not X"
    rows = training(method)
    X = csr_array(rows.X.to_numpy())
    model = method.fit(rows.but(X=X))
    predicted = method.predict(model, X, rows.group, **method.seed)
    return "yes", f"{len(predicted)} predictions"


def bound(method):
    """A bound on the gap, in its own unit, is met on the training rows."""
    rows = training(method)
    asked, gap, remark = method.bounded(rows)
    # Rates of whole rows cannot be matched more closely than to half a row of each.
    allowed = asked + (0.5 / rows.group.value_counts()).sum()
    told = f"asked {asked}, got {gap:.4f}: {remark}"
    return ("yes" if gap <= allowed else "no"), told


def search(method):
    """GridSearchCV with scoring="accuracy" as scikit-learn ships it, no routing."""
    rows = training(method)
    tried, X, parameters = method.search(rows)
    tried.set_params(error_score="raise").fit(X, rows.y, **parameters)
    scores = tried.cv_results_["mean_test_score"]
    fine = np.isfinite(scores).all() and len(tried.predict(X)) == len(rows.y)
    return ("yes" if fine else "no"), f"best {scores.max():.3f}"


def missing_group(method):
    """A missing group in fit is an error, or is treated as a documented option says."""
    told = []
    for kind in ("str", "object"):
        rows = training(method)
        # Text with NaN, where pandas has a dtype of text, and objects with None.
        group = rows.group.astype(kind if kind == "object" else rows.group.dtype)
        group[:20] = None
        verdict, remark = _missing(method, rows.but(group=group))
        if verdict == "no":
            return verdict, f"{remark} ({kind})"
        told.append(remark)
    return "yes", told[-1]


def _missing(method, rows):
    """The same for one way of writing the groups."""
    try:
        model = method.fit(rows)
    except Exception as error:
        try:
            method.fit_missing(rows)
        except NotImplementedError:
            return "yes", message(error)
        return "yes", "error, or a group of its own by choice"
    try:
        got = method.predict(model, rows.X, rows.group, **method.seed)
    except Exception as error:
        return "no", f"fits without a warning; predict: {message(error)}"
    return "no", f"fits without a warning and predicts {got[0]:.3g}"


def pickled(method):
    """A fitted model written by joblib and read again predicts the same."""
    model, rows, file = method.fit(training(method)), test_rows(method), io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    again = joblib.load(file)
    share = differing(
        method.steady(model, rows.X, rows.group),
        method.steady(again, rows.X, rows.group),
    )
    return ("yes" if share == 0 else "no"), "" if share == 0 else f"{share:.2%} differ"


def cloned(method):
    """scikit-learn's clone gives an unfitted copy with the same parameters."""
    model = method.make()
    copy = clone(model)
    same = [*copy.get_params(deep=False)] == [*model.get_params(deep=False)]
    return ("yes" if same else "no"), ""


def error_rates(method):
    """A bound on the error rates or the losses of groups is taken."""
    rows = training(method)
    method.fit_error_rates(rows)
    return "yes", ""


def message(error):
    """Kind and first line of an error."""
    line = re.sub(r" at 0x\w+", "", str(error).strip().split("\n")[0])
    line = textwrap.shorten(line, 100, placeholder=" ...")
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


PROBES = {
    "two predict calls agree": same_twice,
    "a row alone is predicted as in a batch": row_alone,
    "predict takes X alone": x_alone,
    "an unseen group is an error": unseen_group,
    "a missing group is an error, or a choice": missing_group,
    "more than two groups": more_groups,
    "more than two classes": more_classes,
    "numeric targets": numbers,
    "text labels": text_labels,
    "sparse X": sparse,
    "sample_weight equals repeated rows": weights,
    "a bound on the gap, met on the training rows": bound,
    "GridSearchCV with scoring='accuracy'": search,
    "joblib round trip": pickled,
    "clone": cloned,
    "bounds error rates or losses": error_rates,
}
KEYS = {
    "more_classes": "classes",
    "numbers": "numbers",
    "weights": "weights",
    "search": "search",
    "x_alone": "x_alone",
    "error_rates": "error_rates",
}
