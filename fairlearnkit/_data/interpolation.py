"""Sensitive features that an oversampler has interpolated."""

import numpy as np

from fairlearnkit._data.messages import format_labels

# Whole numbers are taken for codes of groups if they have so many rows on average: as
# many as a group needs to raise no SmallGroupWarning. At twice as many, a small table
# with interpolated rows would pass.
MIN_ROWS_PER_CODE = 10


def check_categories(groups):
    """Raise an error for numbers that lie between the codes of groups.

    Oversampling by interpolation, as SMOTE does it, makes 0.37 of a column of 0 and 1,
    and each such number would become a group.

    Parameters
    ----------
    groups : Groups
        As `read_groups` returns them.

    Raises
    ------
    ValueError
        If a column holds whole numbers of many rows, and fractions between them most of
        which occur once.
    """
    for column in groups.columns or (groups,):
        codes, between = _interpolated(column)
        if len(between):
            msg = (
                f"sensitive_features holds the groups {format_labels(codes)} and "
                f"numbers between them, such as {between[0]:.3g}, as oversampling by "
                "interpolation produces them. Use a sampler for categories, such as "
                "imbalanced-learn's SMOTENC or RandomOverSampler. Constraints on "
                'numeric columns, "decorrelation", take them as they are; if they are '
                "groups, pass text."
            )
            raise ValueError(msg)


def _interpolated(column):
    """Codes of groups and the numbers interpolated between them; empty if none are."""
    none = np.zeros(0), np.zeros(0)
    labels, counts = column.labels, column.counts
    if labels.dtype.kind != "f":
        return none
    whole = labels == np.floor(labels)
    if whole.sum() < 2 or counts[whole].mean() < MIN_ROWS_PER_CODE:
        return none
    codes = labels[whole]
    between = ~whole & (codes.min() < labels) & (labels < codes.max())
    if not between.any() or counts[between].mean() >= 2:
        return none
    return codes, labels[between]
