"""The object that `parity_report` returns."""

from pathlib import Path

from ._report_frame import frame_of
from ._report_html import fragment_of, page_of
from ._report_json import json_of
from ._report_markdown import markdown_of
from ._report_text import text_of


class ParityReport:
    """What `parity_report` returns: numbers, and the forms in which they can be shown.

    ``print`` shows a table of text, and a notebook the same table in HTML. `to_html`
    writes a page that can be handed in.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Attributes
    ----------
    numbers : dict
        As given.

    See Also
    --------
    parity_report : Makes a report from predictions.

    Examples
    --------
    >>> from fairlearnkit.metrics import parity_report
    >>> group, y_pred = ["a"] * 20 + ["b"] * 20, [1, 0] * 20
    >>> report = parity_report(y_pred, y_pred, sensitive_features=group, n_resamples=9)
    >>> report.numbers["groups"]["a"]["selection_rate"]
    0.5
    >>> report.frame()["selection_rate"].tolist()
    [0.5, 0.5, 0.5, 0.0, 1.0]
    """

    def __init__(self, numbers):
        self.numbers = numbers

    def __repr__(self):
        return text_of(self.numbers)

    def _repr_html_(self):
        return fragment_of(self.numbers)

    def frame(self):
        """Table of the groups, all rows and the gaps.

        Returns
        -------
        frame : DataFrame
            One row for each group, one for all rows, and one each for the differences
            and ratios. Columns are the number of rows and the rates. The positive class
            is the name of the columns, and ``frame.attrs["pos_label"]``. If each of
            more than two classes is taken as positive, the class is the first level of
            the index, and "all classes" stands for rates that depend on none. Of a
            private report, the name of the columns holds epsilon and the unit of
            privacy, and so do ``frame.attrs["epsilon"]`` and ``["unit_of_privacy"]``.
        """
        return frame_of(self.numbers)

    def to_markdown(self, path=None):
        """The report in Markdown: facts, tables and definitions.

        Parameters
        ----------
        path : str or path, default=None
            File to write; None returns the text.

        Returns
        -------
        text : str or None
            None if it was written to a file.
        """
        return _deliver(markdown_of(self.numbers), path)

    def to_json(self, path=None):
        """The numbers as JSON, in which those that are not defined are null.

        Parameters
        ----------
        path : str or path, default=None
            File to write; None returns the text.

        Returns
        -------
        text : str or None
            None if it was written to a file.
        """
        return _deliver(json_of(self.numbers), path)

    def to_html(self, path=None):
        """The report as one HTML page with pictures, which needs nothing else.

        There is no script in it, and nothing is loaded from elsewhere. Pictures need
        matplotlib; without it, the page has tables only, and says so.

        Parameters
        ----------
        path : str or path, default=None
            File to write; None returns the text.

        Returns
        -------
        text : str or None
            None if it was written to a file.
        """
        return _deliver(page_of(self.numbers), path)


def _deliver(text, path):
    """The text, or None after it was written to a file in UTF-8."""
    if path is None:
        return text
    Path(path).write_text(text, encoding="utf-8")
    return None
