"""From what a case computes to numbers and texts that two versions can compare."""

import warnings
from collections import Counter, namedtuple
from functools import partial, singledispatch
from hashlib import sha256
from itertools import combinations, product
from random import Random

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator

# What two numbers may differ by, relative to the larger of 1 and their size.
STRICT = 1e-8

Case = namedtuple("Case", "name run tolerance")

MOST_TEXTS = 10_000

RESPONSES = (
    "predict",
    "decision_function",
    "predict_proba",
    "predict_log_proba",
    "transform",
    "get_feature_names_out",
)


def axis(name, values):
    """One option with several values, as an axis of a grid."""
    return {f"{name}={value}": {name: value} for value in values}


def grid(run, *axes, at_least=None, tolerance=STRICT):
    """Cases of the product of the axes: all, or some in which all pairs meet.

    Parameters
    ----------
    run : callable
        Takes the options of a case as keywords, and returns what is to be compared.
    *axes : dict of str to dict
        For each axis the options of each of its values, by a name.
    at_least : int, default=None
        How many cases to take: so many at random, and as many more as it takes until
        any two values of different axes are in a case together. None takes all.
    tolerance : float, default=STRICT
        What numbers may differ by.

    Yields
    ------
    case : Case
    """
    chosen = list(product(*(axis.items() for axis in axes)))
    for case in chosen if at_least is None else _covering(chosen, at_least):
        options = {}
        for _, some in case:
            options |= some
        name = ", ".join(label for label, _ in case if label)
        yield Case(name, partial(run, **options), tolerance)


def _covering(cases, at_least):
    Random(0).shuffle(cases)
    met = set()
    for n_taken, case in enumerate(cases):
        pairs = set(combinations(enumerate(label for label, _ in case), 2))
        if n_taken < at_least or pairs - met:
            met |= pairs
            yield case


def record(case):
    """What a case gives: leaves by their keys, or the exception; and its warnings.

    Parameters
    ----------
    case : Case
        What to run.

    Returns
    -------
    outcome : dict
        "leaves", "raises" (the name of the exception's class, or None), "message",
        "warns" (how often each class of warnings), "tolerance".
    """
    outcome = {"leaves": {}, "raises": None, "message": "", "tolerance": case.tolerance}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome["leaves"] = leaves(case.run())
        except Exception as error:
            outcome["raises"], outcome["message"] = type(error).__name__, str(error)
    outcome["warns"] = dict(Counter(w.category.__name__ for w in caught))
    return outcome


@singledispatch
def leaves(value):
    """Arrays and texts of a nested value, by the keys that lead to them.

    Parameters
    ----------
    value : object
        Numbers, texts, arrays, tables, fitted estimators, and lists and dicts of them.
        Of other objects only the name of their class is kept.

    Returns
    -------
    leaves : dict of tuple to ndarray
        Arrays of numbers or of texts.
    """
    array = np.asarray(value)
    if array.dtype != object:
        return {(): _short(array)}
    if array.ndim == 0:
        text = str(value) if value is None else type(value).__name__
        return {(): np.asarray(text)}
    try:
        return {(): array.astype(np.float64)}
    except (TypeError, ValueError):
        texts = [repr(one) for one in array.ravel()]
        return {(): _short(np.array(texts).reshape(array.shape))}


def _short(array):
    """The array, or for many texts their digest."""
    if array.dtype.kind != "U" or array.size <= MOST_TEXTS:
        return array
    return np.asarray(sha256(repr((array.shape, array.tolist())).encode()).hexdigest())


@leaves.register
def _(value: dict):
    return {
        (str(key), *path): leaf
        for key, one in value.items()
        for path, leaf in leaves(one).items()
    }


@leaves.register(list)
@leaves.register(tuple)
def _(value):
    return leaves({"length": len(value), **dict(enumerate(value))})


@leaves.register
def _(value: pd.DataFrame):
    columns = {name: value[name].to_numpy() for name in value}
    return leaves({"index": value.index.to_numpy(), **columns})


@leaves.register(sparse.sparray)
@leaves.register(sparse.spmatrix)
def _(value):
    return leaves({value.format: value.toarray()})


@leaves.register
def _(value: BaseEstimator):
    return leaves(fitted_attributes(value))


def fitted_attributes(model):
    """Public attributes that end in an underscore.

    Parameters
    ----------
    model : estimator
        A fitted estimator.

    Returns
    -------
    attributes : dict
    """
    names = [n for n in dir(model) if n.endswith("_") and not n.startswith("_")]
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def responses(model, *data, skip=(), **more):
    """What the methods of a fitted estimator return.

    Parameters
    ----------
    model : estimator
        A fitted estimator.
    *data, **more
        What the methods are called with, but for ``get_feature_names_out``.
    skip : tuple of str
        Methods that are not called.

    Returns
    -------
    values : dict
        By the name of the method.
    """
    values = {}
    for name in RESPONSES:
        if name not in skip and hasattr(model, name):
            named = name == "get_feature_names_out"
            method = getattr(model, name)
            values[name] = method() if named else method(*data, **more)
    return values
