"""Decisions that are the same for nearly all rows."""

# Decisions other than the most frequent one that are fewer than this fraction of the
# rows of other classes are called nearly constant: where 30 % of the rows are of
# another class, more than 97 % are decided the same. Doubled, the warning would
# come for many models that are only cautious; halved, it misses those that decide
# otherwise for a few rows.
NEARLY_CONSTANT = 0.1


def describe_constant(classes, true_shares, decided_shares):
    """Say which class nearly all rows are decided to be in.

    Parameters
    ----------
    classes : sequence of length n_classes
        Labels.
    true_shares, decided_shares : ndarray of shape (n_classes,)
        Shares of the rows by true class and by decision.

    Returns
    -------
    text : str or None
        What follows the name of the model; None if decisions vary.
    """
    most = int(decided_shares.argmax())
    others = 1 - true_shares[most]
    if 1 - decided_shares[most] >= NEARLY_CONSTANT * others:
        return None
    return (
        f"decides {classes[most]} for {100 * decided_shares[most]:.1f} % of the rows; "
        f"{100 * true_shares[most]:.1f} % of all rows are of this class. A model that "
        "decides the same for everyone has no gap."
    )
