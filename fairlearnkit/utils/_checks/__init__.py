"""The checks behind ``fairlearnkit.utils.estimator_checks``, by what they look at."""
