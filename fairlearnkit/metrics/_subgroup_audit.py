"""The object that `audit_subgroups` returns."""

from html import escape

from sklearn.utils import Bunch

from fairlearnkit._data.pandas_door import load_pandas
from fairlearnkit._data.text_table import aligned

COLUMNS = ("count", "share", "rate", "gap", "violation", "p_value")


class SubgroupAudit(Bunch):
    """What `audit_subgroups` returns: a Bunch that shows as a table.

    Parameters
    ----------
    **kwargs : dict
        The keys below.

    Attributes
    ----------
    rate_name : str
        Name of the rate.
    overall : float
        The rate of all rows.
    pos_label : scalar or None
        The positive class.
    n_tested : int
        Number of conjunctions that were tested.
    subgroups : list of dict
        The worst ones.
    half_space : dict or None
        The worst half-space.

    See Also
    --------
    audit_subgroups : Makes an audit, and describes the keys.

    Examples
    --------
    >>> from fairlearnkit.metrics import audit_subgroups
    >>> group, y_pred = ["a"] * 20 + ["b"] * 40, [0, 1] * 10 + [1] * 40
    >>> audit = audit_subgroups(
    ...     None, y_pred, sensitive_features={"group": group}, linear=False
    ... )
    >>> print(audit)
    selection_rate of all rows: 0.833 (positive class: 1). Conditions tested: 2.
    <BLANKLINE>
                 count  share   rate     gap  violation  p_value
    group = 'a'     20  0.333  0.500  -0.333      0.111  9.8e-06
    """

    def __repr__(self):
        return "\n\n".join([self._heading(), *self._tables()])

    def _repr_html_(self):
        return f"<pre>{escape(repr(self))}</pre>"

    def frame(self):
        """Table of the subgroups.

        Returns
        -------
        frame : DataFrame
            One row for each subgroup, with "complement", the condition that holds for
            all other rows, if there is one.
        """
        pd = load_pandas("frame()")

        columns = ["subgroup", *COLUMNS, "complement"]
        return pd.DataFrame(self.subgroups, columns=columns)

    def _heading(self):
        label = f" (positive class: {self.pos_label})" * (self.pos_label is not None)
        return (
            f"{self.rate_name} of all rows: {self.overall:.3f}{label}. Conditions "
            f"tested: {self.n_tested}."
        )

    def _tables(self):
        """The subgroups and the half-space, as text."""
        if self.subgroups:
            rows = [[row["subgroup"], *_cells(row)] for row in self.subgroups]
            yield aligned([["", *COLUMNS], *rows])
        if self.half_space is not None:
            half = self.half_space
            yield aligned([["", *COLUMNS], ["half-space", *_cells(half)]])
            terms = [f"{w:+.3g} [{name}]" for name, w in half["weights"].items()]
            yield f"half-space: {' '.join(terms)} > {half['threshold']:.3g}"


def _cells(row):
    """Numbers of a subgroup as text."""
    numbers = [f"{row[key]:.3f}" for key in COLUMNS[1:-1]]
    return [str(row["count"]), *numbers, f"{row['p_value']:.2g}"]
