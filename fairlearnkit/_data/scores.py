"""Scores that a user hands in: one finite number for each row."""

import numpy as np
from sklearn.utils.validation import check_array, column_or_1d

from fairlearnkit._data.containers import as_array


def read_scores(y_score, dtype="numeric", name="y_score"):
    """One number for each row.

    Parameters
    ----------
    y_score : array-like of shape (n_samples,)
        Scores.
    dtype : dtype, default="numeric"
        As in `sklearn.utils.check_array`.
    name : str, default="y_score"
        Name of the argument, for messages.

    Returns
    -------
    y_score : ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        None, text, missing values, or more than one column.
    """
    if y_score is None:
        msg = f"{name} is None: pass one score for each row."
        raise ValueError(msg)
    if getattr(getattr(y_score, "dtype", None), "kind", None) in ("m", "M"):
        msg = f"{name} holds times ({y_score.dtype}), and no scores: pass numbers."
        raise ValueError(msg)
    if isinstance(y_score, np.ma.MaskedArray):  # None where it is masked
        y_score = as_array(y_score)
    try:
        return column_or_1d(
            check_array(y_score, ensure_2d=False, dtype=dtype, input_name=name)
        )
    except ValueError as error:
        # For text, scikit-learn only says that it cannot be converted to float.
        values = np.asarray(y_score, dtype=object).ravel()
        text = next((value for value in values if isinstance(value, str)), None)
        if text is None:
            raise
        msg = (
            f"{name} holds text such as {str(text)!r}, and no scores: pass numbers, "
            "such as those of decision_function or a column of predict_proba, or use a "
            "metric of classes such as demographic_parity_difference."
        )
        raise ValueError(msg) from error
