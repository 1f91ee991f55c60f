"""What a rule says about the candidate that it chose, if the counts are known."""

import warnings

from fairlearnkit._data.counts import SMALL_CELL
from fairlearnkit.exceptions import SmallGroupWarning

# A model whose decisions other than the most frequent one are fewer than this fraction
# of the rows of other classes is called nearly constant: where 30 % of the rows are of
# another class, it decides the same for more than 97 %. Doubled, the warning would
# come for many models that are only cautious; halved, it misses those that decide
# otherwise for a few rows.
NEARLY_CONSTANT = 0.1


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
    _warn_of_constant(pooled, *pooled.class_shares(chosen))
    pair, n_rows = pooled.describe_pair(chosen)
    if pair and n_rows < SMALL_CELL:
        msg = (
            f"The gap of the chosen candidate, {candidates.gaps[chosen]:.3g}, is "
            f"{pair}. A rate of so few rows is noisy: merge groups, or leave small "
            "ones out of the gap by metric_params={'min_group_size': ...}."
        )
        warnings.warn(msg, SmallGroupWarning, stacklevel=4)


def _warn_of_constant(pooled, true_shares, decided_shares):
    most = int(decided_shares.argmax())
    others = 1 - true_shares[most]
    if 1 - decided_shares[most] >= NEARLY_CONSTANT * others:
        return
    msg = (
        f"The chosen candidate decides {pooled.classes[most]} for "
        f"{100 * decided_shares[most]:.1f} % of the rows, of which "
        f"{100 * true_shares[most]:.1f} % are of this class. A model that decides the "
        "same for everyone has no gap. min_score, with a score such as balanced "
        "accuracy, excludes such candidates."
    )
    warnings.warn(msg, UserWarning, stacklevel=5)
