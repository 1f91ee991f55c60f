"""Bad values of the parameters of loaders and generators, found by their names."""

import inspect

import numpy as np

from fairlearnkit.utils.discovery import all_functions

# By the kind of a parameter, which its default tells.
WHOLE = [-1, 0, 2.5, np.nan, np.inf, "10", [10], 10j, True]
REAL = [np.nan, np.inf, -np.inf, "0.3", [0.3], 0.3j]
FLAG = ["yes", "", 2, -1, 0.5, [], None]
OTHER = {
    "group_shares": [
        *([], [1.0], [0.5, np.nan], [-1.0, 2.0], [0.5, 0.6], "ab", 1.0),
        *([[0.5, 0.5]], [1.0, 0.0], [0.5, "b"], [0.5 + 0j, 0.5]),
    ],
    "random_state": ["a", -1, 1.5, [], np.nan],
    "subset": ["Train", "", None, 3, ["all"], True],
}


def parameter_cells():
    """Triples of a function of `datasets`, a parameter and a bad value."""
    for path, function in all_functions():
        if ".datasets." not in path:
            continue
        for name, parameter in inspect.signature(function).parameters.items():
            for value in _bad(name, parameter.default):
                yield path.removeprefix("fairlearnkit."), function, name, value


def _bad(name, default):
    if name in OTHER:
        return OTHER[name]
    if isinstance(default, bool):
        return FLAG
    return WHOLE if isinstance(default, int) else [*REAL, None]
