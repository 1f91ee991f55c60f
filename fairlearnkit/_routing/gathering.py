"""Which estimators can be fitted to Dask collections."""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from fairlearnkit._data.containers import any_lazy

# Libraries whose estimators make arrays in memory of what they are given. Their modules
# for Dask, such as xgboost.dask, do not.
IN_MEMORY = {"sklearn", "imblearn", "lightgbm", "xgboost", "catboost"}


def check_takes_collections(estimator, *data):
    """Raise an error for estimators that would gather the rows in fit.

    Parameters
    ----------
    estimator : estimator
        The one that will be fitted.
    *data : tuple
        Arguments of fit.

    Raises
    ------
    ValueError
        If one of them is a Dask collection, and the estimator is of a library that
        works in memory, and not frozen.
    """
    kind = type(estimator)
    in_memory = kind.__module__.split(".")[0] in IN_MEMORY
    in_memory &= ".dask" not in kind.__module__
    if isinstance(estimator, FrozenEstimator) or not (any_lazy(*data) and in_memory):
        return
    msg = (
        f"fit of {kind.__name__} would gather all rows of the Dask collection in "
        f"memory. {_cure(estimator)}"
    )
    raise ValueError(msg)


def _cure(estimator):
    """What to do instead."""
    if isinstance(estimator, Pipeline):
        return (
            "Fit the steps before the model on a sample in memory (or take those of "
            "dask_ml.preprocessing), transform X by them partition by partition, "
            "X.map_partitions(step.transform) or X.map_blocks(step.transform), and fit "
            "the model alone. A Pipeline that is fitted already can be wrapped, "
            "FrozenEstimator(pipeline)."
        )
    if hasattr(estimator, "param_grid") or hasattr(estimator, "param_distributions"):
        return (
            "Search on a sample in memory, or use parity_path or a *CV class of "
            "fairlearnkit.linear_model, which divide the partitions into folds."
        )
    return (
        "Fit it on a sample in memory and wrap it, FrozenEstimator(fitted), whose "
        "methods are then called partition by partition; or take an estimator that is "
        "fitted to Dask collections, such as those of fairlearnkit.linear_model."
    )
