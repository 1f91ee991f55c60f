"""The object that `counterfactual_difference` returns."""

from html import escape

import numpy as np
from sklearn.utils import Bunch

from fairlearnkit._data.pandas_door import load_pandas
from fairlearnkit._data.text_table import aligned

ALL = "all terms"


class CounterfactualDifference(Bunch):
    """What `counterfactual_difference` returns: a Bunch that shows as a table.

    Parameters
    ----------
    **kwargs : dict
        "changed_share", "n_changed", "flip_rate", "mean_absolute_change" and
        "mean_change", as `counterfactual_difference` describes them; "by_term", a dict
        of Bunches of the same, or None.

    See Also
    --------
    counterfactual_difference : Makes it.

    Examples
    --------
    >>> from fairlearnkit.metrics import CounterfactualDifference
    >>> print(
    ...     CounterfactualDifference(
    ...         changed_share=1.0,
    ...         n_changed=2,
    ...         flip_rate=0.5,
    ...         mean_absolute_change=0.25,
    ...         mean_change={"no": -0.25, "yes": 0.25},
    ...         by_term=None,
    ...     )
    ... )
               changed    rows  flip rate   |change|     change: no   change: yes
    all terms    1.000       2      0.500      0.250         -0.250         0.250
    """

    def __repr__(self):
        rows = {name: _cells(values) for name, values in self._rows().items()}
        names = list(next(iter(rows.values())))
        cells = [[name, *map(_text, row.values())] for name, row in rows.items()]
        return aligned([["", *names], *cells])

    def _repr_html_(self):
        return f"<pre>{escape(repr(self))}</pre>"

    def frame(self):
        """Table of the changes.

        Returns
        -------
        frame : DataFrame
            One row for all terms together and, with ``by_term=True``, one for each
            term.
        """
        pd = load_pandas("frame()")

        rows = self._rows()
        return pd.DataFrame([_cells(values) for values in rows.values()], index=[*rows])

    def _rows(self):
        return {ALL: self, **(self.by_term or {})}


def _cells(values):
    """What a row of the table holds, by the name of the column."""
    cells = {"changed": values.changed_share, "rows": values.n_changed}
    if not np.isnan(values.flip_rate) or values.n_changed == 0:
        cells["flip rate"] = values.flip_rate
    cells["|change|"] = values.mean_absolute_change
    if isinstance(values.mean_change, dict):
        changes = values.mean_change.items()
        return cells | {f"change: {label}": change for label, change in changes}
    return cells | {"change": values.mean_change}


def _text(value):
    return str(value) if isinstance(value, int) else f"{value:.3f}"
