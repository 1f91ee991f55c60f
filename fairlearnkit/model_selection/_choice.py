"""What a rule says about the candidate that it chose, if the counts are known."""

import warnings

from fairlearnkit._counting.constant import describe_constant
from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit.exceptions import SmallGroupWarning


def warn_of_choice(candidates, chosen):
    """Warn of a chosen candidate that is nearly constant, or of a very small group.

    Parameters
    ----------
    candidates : Candidates
        All candidates.
    chosen : int
        Position of the chosen one.
    """
    pooled = candidates.pooled
    if pooled is None:
        return
    constant = describe_constant(pooled.classes, *pooled.class_shares(chosen))
    if constant:
        msg = (
            f"The chosen candidate {constant} min_score, with a score such as balanced "
            "accuracy, excludes such candidates."
        )
        warnings.warn(msg, UserWarning, stacklevel=4)
    pair, n_rows = pooled.describe_pair(chosen)
    if pair and n_rows < SMALL_CELL:
        msg = (
            f"The gap of the chosen candidate, {candidates.gaps[chosen]:.3g}, is "
            f"{pair}. A rate of so few rows is noisy: merge groups, or leave small "
            "ones out of the gap by metric_params={'min_group_size': ...}."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=4)
