"""The fitted search behind a Display, and its candidates in short words."""

from numbers import Integral, Real

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from fairlearnkit._data.search_results import column_keys

# Attributes in which meta-estimators hold what they have fitted.
FITTED = ("best_estimator_", "estimator_", "regressor_")
# The longest value of a parameter that is shown. Longer ones would cover other points.
LONGEST = 20


def find_search(search):
    """The fitted search that an estimator is, or that is inside it; None for a table.

    Parameters
    ----------
    search : estimator, dict or dataframe
        A search, a Pipeline that ends in one, or an estimator around one.

    Returns
    -------
    search : estimator or None

    Raises
    ------
    ValueError
        There is no search in the estimator.
    sklearn.exceptions.NotFittedError
        It is not fitted.
    """
    if not hasattr(search, "get_params"):
        return None
    check_is_fitted(search)
    found = find_part(search, "cv_results_")
    if found is None:
        msg = (
            f"{type(search).__name__} holds no fitted search: pass an estimator with "
            "cv_results_, such as a GridSearchCV or a ParityLogisticRegressionCV."
        )
        if hasattr(search, "tradeoff_"):
            msg += " Draw a decision rule with TradeoffDisplay.from_decision_rule."
        raise ValueError(msg)
    return found


def find_part(estimator, attribute):
    """The outermost part of a fitted estimator that has an attribute, or None.

    Parameters
    ----------
    estimator : estimator or None
        A Pipeline is searched in its last step, others in what they have fitted.
    attribute : str
        Name of the attribute.

    Returns
    -------
    part : estimator or None
    """
    if estimator is None or hasattr(estimator, attribute):
        return estimator
    if isinstance(estimator, Pipeline):
        return find_part(estimator.steps[-1][1], attribute)
    inner = [getattr(estimator, name, None) for name in FITTED]
    parts = [find_part(part, attribute) for part in inner]
    # Not by truth: an ensemble has a length, which may be 0.
    return next((part for part in parts if part is not None), None)


def only_score(cv_results, gap):
    """Name of the score of a search that has one besides the gap.

    Parameters
    ----------
    cv_results : dict or dataframe
        Table with a row for each candidate.
    gap : str
        Name of the gap.

    Returns
    -------
    name : str

    Raises
    ------
    ValueError
        There is none, or there are several.
    """
    keys = [str(key) for key in column_keys(cv_results)]
    names = [key.removeprefix("mean_test_") for key in keys if "mean_test_" in key]
    # Of the counts of pooled_scorers, many to a gap, the name before the colon.
    names = dict.fromkeys(name.partition(": ")[0] for name in names)
    names = [name for name in names if name != gap]
    if len(names) != 1:
        msg = (
            f"score has to be named: besides gap={gap!r} the search has the scores "
            f"{names}."
        )
        raise ValueError(msg)
    return names[0]


def params_of(cv_results):
    """Parameters of the candidates, a list of dicts; None if the table has none."""
    if "params" not in column_keys(cv_results):
        return None
    return list(cv_results["params"])


def describe_candidates(params):
    """Names of the parameters that differ between candidates, and their values.

    Parameters
    ----------
    params : list of dict
        Parameters of each candidate.

    Returns
    -------
    names : str
        Joined by commas, without the names of steps where what is left is unique.
    values : list of str
        Of each candidate, in the same order.
    """
    keys = list(dict.fromkeys(key for each in params for key in each))
    texts = {
        key: [_format(each[key]) if key in each else "-" for each in params]
        for key in keys
    }
    differ = [key for key in keys if len(set(texts[key])) > 1] or keys
    columns = [texts[key] for key in differ]
    return ", ".join(_short_names(differ)), [", ".join(row) for row in zip(*columns)]


def _short_names(keys):
    """The last part of each name, with as many steps before it as tell it apart."""
    parts = [key.split("__") for key in keys]
    names = []
    for part in parts:
        unique = [
            n
            for n in range(1, len(part))
            if sum(other[-n:] == part[-n:] for other in parts) == 1
        ]
        names.append("__".join(part[-min(unique, default=len(part)) :]))
    return names


def _format(value):
    """A value of a parameter as a short text."""
    if isinstance(value, Real) and not isinstance(value, Integral):
        return f"{float(value):.3g}"
    if hasattr(value, "get_params") and not isinstance(value, type):
        return type(value).__name__
    text = getattr(value, "__name__", None) or " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
