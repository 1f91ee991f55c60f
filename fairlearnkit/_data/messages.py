"""Messages that several callers share, in words that each of them has."""

from dataclasses import dataclass

FILL = (
    'or choose missing="group" (a group of its own) or missing="ignore" (the rows '
    "count in no group)"
)


@dataclass(frozen=True)
class Caller:
    """What messages may speak of.

    Parameters
    ----------
    rows : str, default="X"
        The argument that has one row for each label.
    method : str, default="fit"
        The method of an estimator; empty for a function.
    missing : str, default=FILL
        What there is to do about missing values besides filling them; may be empty.
    argument : str, default="sensitive_features"
        The argument that holds the labels.
    positive : str, default="give pos_label"
        How to name the positive class.
    classes : str, default=""
        How to name all classes; empty where there is no way.
    """

    rows: str = "X"
    method: str = "fit"
    missing: str = FILL
    argument: str = "sensitive_features"
    positive: str = "give pos_label"
    classes: str = ""


FIT, PREDICT, TRANSFORM = Caller(), Caller(method="predict"), Caller(method="transform")
SCORE = Caller(method="score")
# Of metrics that count, of audits and Displays that do, which have no `labels`, and of
# those that look at scores.
COUNTING = Caller("y_pred", "", classes="labels=[...]")
WITHOUT_LABELS, SCORING = Caller("y_pred", ""), Caller("y_score", "")


def not_given(caller):
    """What to say where there are no labels.

    Parameters
    ----------
    caller : Caller
        What was called.

    Returns
    -------
    message : str
    """
    name = caller.argument
    required = f"{name} is required and was not given. "
    if not caller.method:
        return f"{required}Pass the group of each row, {name}=df['sex']."
    data = "X, y" if caller.method in ("fit", "score") else "X"
    return (
        f"{required}Pass it, est.{caller.method}({data}, {name}=df['sex']). Inside a "
        "Pipeline or a search, leave the column in X and put SensitiveColumns(est, "
        "'sex') in the place of est; or turn metadata routing on, "
        "sklearn.set_config(enable_metadata_routing=True), and pass it to the outer "
        f"{caller.method}: the request is set already."
    )


def wrong_length(title, found, needed, caller):
    """What to say where there are too many or too few labels.

    Parameters
    ----------
    title : str
        What the labels are called.
    found, needed : int
        How many there are, and how many rows.
    caller : Caller
        What was called.

    Returns
    -------
    message : str
    """
    return (
        f"{title} has {found} rows but {caller.rows} has {needed}: pass one label for "
        f"each row of {caller.rows}, in the same order."
    )


def missing_values(title, count, cure):
    """What to say of missing labels.

    Parameters
    ----------
    title : str
        What the labels are called.
    count : int
        How many are missing.
    cure : str
        `Caller.missing`.

    Returns
    -------
    message : str
    """
    fill = f"Fill them, {cure}." if cure else "Fill them, or leave these rows out."
    return f"{title} is missing (None, NaN or NA) in {count} rows. {fill}"


def shown(labels, limit=10):
    """The first few labels, for messages.

    Parameters
    ----------
    labels : array-like
        Of any kind.
    limit : int, default=10
        How many to show.

    Returns
    -------
    text : str
    """
    labels = list(labels.tolist() if hasattr(labels, "tolist") else labels)
    more = f", ... ({len(labels)} in all)" if len(labels) > limit else ""
    return "[" + ", ".join(map(repr, labels[:limit])) + more + "]"


def check_option(name, value, known):
    """Refuse a value that is not among those known."""
    if value not in known:
        msg = f"{name}={value!r} is not known; use one of {list(known)}."
        raise ValueError(msg)
