"""What a fitted object holds: numbers and texts in all that it refers to."""

import pickle
import struct
from collections.abc import Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

import numpy as np
import pandas as pd
from scipy import sparse

# They refer to the whole program, and hold nothing of a fit.
SKIPPED = (type, ModuleType, BuiltinFunctionType)
LEAVES = (str, bytes, int, float, complex, np.generic)


def keeps(model, wanted):
    """Which numbers and texts are found in a fitted object or in its pickle.

    Parameters
    ----------
    model : object
        Can be pickled.
    wanted : dict of list
        Numbers, or texts, by a name for them all.

    Returns
    -------
    found : set
        Names of which one value or more is found, in float64 or float32.
    """
    data, reached = pickle.dumps(model), [*walk(model)]
    arrays = [v.ravel() for v in reached if isinstance(v, np.ndarray)]
    arrays += [np.array([v]) for v in reached if isinstance(v, LEAVES)]
    numbers = [a for a in arrays if a.dtype.kind == "f"]
    texts = "\n".join(str(t) for a in arrays if a.dtype.kind == "U" for t in a)

    def is_kept(value):
        if isinstance(value, str):
            return value in texts or _in_bytes(data, value)
        return any((a == a.dtype.type(value)).any() for a in numbers) or _in_bytes(
            data, value
        )

    return {name for name, values in wanted.items() if any(map(is_kept, values))}


def _in_bytes(data, value):
    """Whether a pickle holds a number or a text, as Python or as numpy writes it."""
    if isinstance(value, str):
        forms = [value.encode(), value.encode("utf-32-le")]
    else:
        forms = [struct.pack(form, value) for form in ("<d", ">d", "<f")]
    return any(form in data for form in forms)


def walk(value):
    """Yield each object that can be reached, once."""
    seen, queue = {}, [value]
    while queue:
        value = queue.pop()
        if value is None or id(value) in seen or isinstance(value, SKIPPED):
            continue
        seen[id(value)] = value  # kept: another object may get the id of a freed one
        yield value
        if not isinstance(value, LEAVES):
            queue.extend(_parts(value))


def _parts(value):
    """The objects that a value refers to, also those that a pickle leaves out."""
    if isinstance(value, np.ndarray):
        # A view keeps the array alive that it shows a part of.
        return [value.base, *(value.ravel() if value.dtype.hasobject else [])]
    if sparse.issparse(value):
        return vars(value).values()
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return [value.to_numpy()]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return value
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return [*cells, value.__defaults__, value.__kwdefaults__, vars(value)]
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, partial):
        return [value.func, value.args, value.keywords]
    return _state(value)


def _state(value):
    """Attributes of an object; of a compiled one what it would be pickled as."""
    slots = [
        name
        for kind in type(value).__mro__
        for name in np.atleast_1d(vars(kind).get("__slots__", [])).tolist()
    ]
    if hasattr(value, "__dict__") or slots:
        return [
            getattr(value, "__dict__", None),
            *(getattr(value, s, None) for s in slots),
        ]
    try:
        return [value.__getstate__(), value.__reduce_ex__(4)]
    except TypeError:  # nothing that can be read, such as a lock
        return []
