"""Random data of property tests, and the number of examples that a test tries."""

from hypothesis import settings
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)

# Of a test without a number of its own, in CI.
DEFAULT = 100


def examples(n):
    """Settings of a test: n examples in CI, and in proportion with other profiles."""
    return settings(max_examples=max(1, n * settings().max_examples // DEFAULT))
