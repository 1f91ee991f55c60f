"""Messages that several constrained models share."""


def surrender(estimator):
    """What is told where an equality leaves a constant."""
    return (
        f"{type(estimator).__name__} predicts the same for every row: with max_gap=0 "
        f"the constraint {estimator.constraint!r} leaves no direction of X to score "
        "by. Allow a positive max_gap, compare fewer groups, or add features."
    )
