"""What constrained models share: targets, constraints, and the walk of their fits."""
