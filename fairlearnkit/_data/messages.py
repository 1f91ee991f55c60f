"""Error messages about sensitive features, shared by all that read them."""

from dataclasses import dataclass

MISSING_HINT = (
    'or choose missing="group" (a group of its own) or missing="ignore" (the rows '
    "count in no group)"
)
# After "y_true holds numbers such as 0.5 instead of class labels: ".
SCORES_HINT = (
    "threshold them, or use a metric of scores such as score_gap or ks_gap of "
    "fairlearnkit.metrics"
)


@dataclass(frozen=True)
class Caller:
    """The method or function that reads sensitive features, as its user sees it.

    An error message may only name arguments that the user can pass: a metric has no
    X, an audit has no ``labels``. Functions that read sensitive features take a Caller
    and hand it on to whatever raises the error.

    Parameters
    ----------
    data : str, default="X"
        Name of the argument that has one row for each label.
    method : str, default="fit"
        Name of the method of an estimator; empty for a function.
    missing_hint : str, default=MISSING_HINT
        How to handle missing values other than by filling them, as the end of "Fill
        them, ..."; empty where there is no other way.
    argument : str, default="sensitive_features"
        Name of the argument that holds the labels.
    pos_label_hint : str, default="give pos_label"
        How to name the positive class.
    labels_hint : str, default=""
        How to list all classes; empty where there is no way.
    scores_hint : str, default=SCORES_HINT
        What to do about numbers that are no classes.
    """

    data: str = "X"
    method: str = "fit"
    missing_hint: str = MISSING_HINT
    argument: str = "sensitive_features"
    pos_label_hint: str = "give pos_label"
    labels_hint: str = ""
    scores_hint: str = SCORES_HINT


# Methods of estimators.
FIT, PREDICT, TRANSFORM = Caller(), Caller(method="predict"), Caller(method="transform")
SCORE = Caller(method="score")
# Metrics of predicted classes; audits and Displays of them, which take no `labels`.
CLASS_METRIC = Caller("y_pred", "", labels_hint="labels=[...]")
CLASS_REPORT = Caller("y_pred", "")
PARITY_REPORT = Caller(
    "y_pred",
    "",
    labels_hint="labels=[...]",
    scores_hint='threshold them, or pass target="numbers" to report them as numbers',
)
# Metrics and Displays of scores.
SCORE_METRIC = Caller("y_score", "")


def required_message(caller):
    """Error message for sensitive features that were not given.

    Parameters
    ----------
    caller : Caller
        The method or function that needs them.

    Returns
    -------
    message : str
    """
    name = caller.argument
    required = f"{name} is required and was not given. "
    if not caller.method:
        return f"{required}Pass the group of each row, {name}=df['sex']."
    if caller.method in ("predict", "transform"):
        return _required_for_new_rows(name, caller.method)
    data = "X, y" if caller.method in ("fit", "score") else "X"
    return (
        f"{required}Pass it, est.{caller.method}({data}, {name}=df['sex']). Inside a "
        "Pipeline or a search, leave the column in X and replace est by "
        "SensitiveColumns(est, 'sex'); or enable metadata routing, "
        "sklearn.set_config(enable_metadata_routing=True), and pass it to the outer "
        f"{caller.method}: the request is set already."
    )


def _required_for_new_rows(name, method):
    """As `required_message`; scikit-learn passes no metadata to predict in searches."""
    return (
        f"{name} is required in {method} and was not given: this estimator needs the "
        f"group of each row there, not in fit only. Pass it, est.{method}(X, "
        f"{name}=df['sex']). Searches, cross-validation and scorers pass X alone to "
        f"{method}: leave the column in X and replace est by SensitiveColumns(est, "
        "'sex'), which also works in a Pipeline. Metadata routing, "
        "sklearn.set_config(enable_metadata_routing=True), reaches the "
        f"{method} of a Pipeline, and none of those."
    )


def length_message(title, n_labels, n_samples, caller):
    """Error message for too many or too few labels.

    Parameters
    ----------
    title : str
        Name of the column of labels.
    n_labels, n_samples : int
        Number of labels, and of rows of the data.
    caller : Caller
        The method or function that was called.

    Returns
    -------
    message : str
    """
    return (
        f"{title} has {n_labels} rows but {caller.data} has {n_samples}: pass one "
        f"label for each row of {caller.data}, in the same order."
    )


def missing_message(title, n_missing, hint):
    """Error message for missing labels.

    Parameters
    ----------
    title : str
        Name of the column of labels.
    n_missing : int
        Number of rows without a label.
    hint : str
        As `Caller.missing_hint`.

    Returns
    -------
    message : str
    """
    cure = f"Fill them, {hint}." if hint else "Fill them, or leave these rows out."
    return f"{title} is missing (None, NaN or NA) in {n_missing} rows. {cure}"


def format_labels(labels, limit=10):
    """The first few labels as text, ``"[1, 2, ... (50 in all)]"``.

    Parameters
    ----------
    labels : array-like
        Labels of any type.
    limit : int, default=10
        Largest number of labels to list.

    Returns
    -------
    text : str
    """
    labels = list(labels.tolist() if hasattr(labels, "tolist") else labels)
    more = f", ... ({len(labels)} in all)" if len(labels) > limit else ""
    return "[" + ", ".join(map(repr, labels[:limit])) + more + "]"


def check_option(name, value, options):
    """Raise a ValueError unless `value` is one of the options."""
    if value not in options:
        msg = f"{name}={value!r} is not known; use one of {list(options)}."
        raise ValueError(msg)


def check_confidence_level(confidence_level):
    """Raise an error unless the level is strictly between 0 and 1."""
    if not 0 < confidence_level < 1:
        msg = f"confidence_level={confidence_level!r} must lie between 0 and 1."
        raise ValueError(msg)
