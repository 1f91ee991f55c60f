"""The object that `membership_inference` returns."""

from html import escape

import numpy as np
from sklearn.utils import Bunch

from fairlearnkit._data.pandas_door import load_pandas
from fairlearnkit._data.text_table import aligned

STATISTICS = {"auc": "AUC", "tpr_at_1_percent_fpr": "TPR at 1 % FPR"}


class MembershipInference(Bunch):
    """What `membership_inference` returns: a Bunch that shows as a table.

    Parameters
    ----------
    **kwargs : dict
        The keys below.

    Attributes
    ----------
    groups : ndarray of shape (n_groups,)
        Labels of the groups.
    strata : ndarray of shape (n_strata,) or None
        Labels of the strata of the control features.
    counts : ndarray of shape (n_groups,) or (n_strata, n_groups)
        Numbers of rows.
    member : ndarray of shape (n_samples, n_models), bool
        Whether the model was trained on the row.
    signal, score, calibrated_score : ndarray of shape (n_samples, n_models)
        How well the model predicts the row, and how much that looks like membership.
    auc, tpr_at_1_percent_fpr : Bunch
        Estimates with intervals: "overall", "by_group" and "difference".
    confidence_level : float
        Level of the intervals.

    See Also
    --------
    membership_inference : Makes it, and describes the keys.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from fairlearnkit.inspection import membership_inference
    >>> X, y, group = [[0.0]] * 40, [0, 1] * 20, ["a", "b"] * 20
    >>> result = membership_inference(
    ...     DummyClassifier(strategy="uniform", random_state=0),
    ...     X,
    ...     y,
    ...     sensitive_features=group,
    ...     random_state=0,
    ... )
    >>> result.frame()["auc"].tolist()
    [0.5, 0.5, 0.5]
    """

    def __repr__(self):
        tables = [
            aligned(self._table(name, title)) for name, title in STATISTICS.items()
        ]
        models = f"{self.member.shape[1]} models, each trained on half of the rows."
        level = f"[ ]: {100 * self.confidence_level:g} % interval."
        return "\n\n".join([*tables, f"{models} {level}"])

    def _repr_html_(self):
        return f"<pre>{escape(repr(self))}</pre>"

    def frame(self):
        """Table of the groups.

        Returns
        -------
        frame : DataFrame
            One row for each group and last one for "all rows", in each stratum. Columns
            are group, stratum (if there are any), count, and for each statistic its
            estimate, low, high and se (standard error), alone and of the difference.
        """
        pd = load_pandas("frame()")

        rows = [row for s, _ in self._strata() for row in self._rows(s)]
        table = pd.DataFrame(rows)
        for name in ("group", "stratum"):  # pandas would make NaN of None
            table[name] = pd.Series([row[name] for row in rows], dtype=object)
        return table if self.strata is not None else table.drop(columns="stratum")

    def _strata(self):
        """Index of each stratum in the arrays, and its title."""
        if self.strata is None:
            return [((), "")]
        return [((s,), str(label)) for s, label in enumerate(self.strata.tolist())]

    def _rows(self, s):
        """Numbers of the groups of a stratum, and of all of its rows."""
        stratum = self.strata.tolist()[s[0]] if s else None
        counts = self.counts[s]
        labels = [*self.groups.tolist(), "all rows"]
        for g, (label, count) in enumerate(zip(labels, [*counts, counts.sum()])):
            row = {"group": label, "stratum": stratum, "count": int(count)}
            for name in STATISTICS:
                row |= self._numbers(name, s, g)
            yield row

    def _numbers(self, name, s, g):
        """Estimates of one statistic, by the names of the columns of the table."""
        found = self[name]
        of_all = g == len(self.groups)
        place = s if of_all else (*s, g)
        parts = {"": found.overall if of_all else found.by_group}
        if not of_all:
            parts["_difference"] = found.difference
        return {
            f"{name}{part}{end}": float(np.asarray(values[key])[place])
            for part, values in parts.items()
            for key, end in _ENDS.items()
        }

    def _table(self, name, title):
        """Lines of the printed table of one statistic."""
        lines = [[title, "count", "by group", "minus others"]]
        for s, stratum in self._strata():
            if stratum:
                lines.append([stratum, "", "", ""])
            indent = "  " * bool(stratum)
            lines += [
                [f"{indent}{row['group']}", str(row["count"]), *_cells(row, name)]
                for row in self._rows(s)
            ]
        return lines


_ENDS = {"estimate": "", "low": "_low", "high": "_high", "standard_error": "_se"}


def _cells(row, name):
    """Estimates of a statistic with their intervals, as text."""
    for key in (name, f"{name}_difference"):
        if key not in row:
            yield ""
        elif np.isnan(row[key]):
            yield "undefined"
        else:
            low, high = row[f"{key}_low"], row[f"{key}_high"]
            yield f"{row[key]:.3f} [{low:.3f}, {high:.3f}]"
