"""The object that `group_predictability` returns."""

from html import escape

from sklearn.utils import Bunch

from fairlearnkit._data.pandas_door import load_pandas
from fairlearnkit._data.text_table import aligned

COLUMNS = ("auc", "low", "high")


class GroupPredictability(Bunch):
    """What `group_predictability` returns: a Bunch that shows as a table.

    Parameters
    ----------
    **kwargs : dict
        "auc", "low" and "high" of one model, or a Bunch of them for each model.

    See Also
    --------
    group_predictability : Makes it.

    Examples
    --------
    >>> from fairlearnkit.metrics import GroupPredictability
    >>> print(GroupPredictability(auc=0.75, low=0.5, high=1.0))
                 auc    low   high
    estimator  0.750  0.500  1.000
    """

    def __repr__(self):
        rows = [
            [name, *(f"{values[key]:.3f}" for key in COLUMNS)]
            for name, values in self._models().items()
        ]
        return aligned([["", *COLUMNS], *rows])

    def _repr_html_(self):
        return f"<pre>{escape(repr(self))}</pre>"

    def frame(self):
        """Table of the models.

        Returns
        -------
        frame : DataFrame
            One row for each model, with the columns auc, low and high.
        """
        pd = load_pandas("frame()")

        return pd.DataFrame(
            [dict(values) for values in self._models().values()],
            index=list(self._models()),
            columns=list(COLUMNS),
        )

    def _models(self):
        return {"estimator": self} if "auc" in self else dict(self)
