"""What all pictures share: axes, styles, and where predictions come from."""

import re
from contextlib import contextmanager
from itertools import cycle

import numpy as np

from fairlearnkit._data.classes import positive_class
from fairlearnkit._data.groups import check_sensitive_features
from fairlearnkit._data.messages import Caller
from fairlearnkit._routing.call import call
from fairlearnkit._routing.parts import find_sensitive_columns
from fairlearnkit.utils._sklearn_private import _num_samples

# Okabe and Ito's colours, black first: told apart by colour-blind readers; together
# with lines and markers, in grey, too.
COLORS = ("#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
LINES = ("-", "--", ":", "-.")
MOST_INSIDE, ROWS = 10, 20
# What from_estimator calls the arguments of from_predictions.
OUTER = {"y_true": "y", "y_pred": "the predictions", "y_score": "the scores"}
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def axes(ax):
    """The axes to draw on, new ones for None, and their figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = (
            "Displays draw with matplotlib, which is not installed: "
            'python -m pip install "fairlearnkit[plot]".'
        )
        raise ImportError(msg) from error
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    return ax, ax.figure


def styles(labels):
    """Colour, line and marker of each label, all of them different at first."""
    looks = zip(cycle(COLORS), cycle(LINES), cycle(MARKERS))
    return [
        {"color": color, "linestyle": line, "marker": marker}
        for _, (color, line, marker) in zip(labels, looks)
    ]


def frame_of(columns):
    """Columns as a DataFrame."""
    import pandas as pd

    return pd.DataFrame(columns)


def with_positive(text, pos_label):
    """The label of an axis, with the positive class where there is one."""
    return text if pos_label is None else f"{text} (positive class: {pos_label})"


def groups_of(estimator, X, sensitive_features):
    """The groups of some rows: those given, or those that the estimator finds in X."""
    if sensitive_features is not None:
        check_sensitive_features(sensitive_features, _num_samples(X), Caller(method=""))
        return sensitive_features
    found = find_sensitive_columns(estimator)
    if found is None:
        msg = (
            f"{type(estimator).__name__} finds no groups in X: pass "
            "sensitive_features=, or wrap it in SensitiveColumns."
        )
        raise ValueError(msg)
    return found.sensitive_features_of(X)


@contextmanager
def told_of_estimator():
    """Messages about labels and predictions, with what `from_estimator` calls them."""
    try:
        yield
    except ValueError as error:
        told = re.sub(r"\by_(true|pred|score)\b", lambda m: OUTER[m[0]], str(error))
        raise ValueError(told) from error


def response(estimator, X, groups, methods):
    """What the first of the methods gives that the estimator has, and its name."""
    for method in methods:
        if not hasattr(estimator, method):
            continue
        if (
            find_sensitive_columns(estimator) is not None
        ):  # it finds its groups by itself
            return getattr(estimator, method)(X), method
        return call(estimator, method, X, sensitive_features=groups), method
    msg = f"{type(estimator).__name__} has none of the methods {list(methods)}."
    raise ValueError(msg)


def scores_of(estimator, X, groups, pos_label=None):
    """One score for each row: the decision function, or a probability, or y itself."""
    methods = ("decision_function", "predict_proba", "predict")
    if not hasattr(estimator, "classes_"):
        methods = ("predict",)
    scores, method = response(estimator, X, groups, methods)
    classes = np.asarray(getattr(estimator, "classes_", [])).tolist()
    place = None
    if classes or pos_label is not None:  # a regressor has none
        label = positive_class(classes, pos_label, name="y")
        place = classes.index(label)
    if getattr(scores, "ndim", 1) == 1:
        return -scores if place == 0 else scores
    if scores.shape[1] != len(classes):
        msg = (
            f"{method} of {type(estimator).__name__} has {scores.shape[1]} columns for "
            f"{len(classes)} classes: take scores of one class, such as ovr or "
            "predict_proba, and from_predictions."
        )
        raise ValueError(msg)
    return scores[:, place]


def legend(ax, n_groups, **options):
    """A legend, beside the axes where it would cover them."""
    if n_groups > MOST_INSIDE:
        options |= {
            "loc": "upper left",
            "bbox_to_anchor": (1.01, 1.0),
            "fontsize": "x-small",
            "ncols": -(-n_groups // ROWS),
        }
    ax.legend(**options)
