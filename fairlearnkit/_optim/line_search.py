"""Where a slope along a step is nearly zero."""

# A line search ends where the slope is at most this part of the first.
FLAT_SLOPE = 0.03
# Slopes that it evaluates, at most: it ends by bisection, which gives all digits.
MOST_SLOPES = 40


def root_of_slope(slope, first):
    """Where a rising slope, which is negative at 0 and positive at 1, is nearly 0."""
    low, high = (0.0, first), (1.0, slope(1.0))
    for i in range(MOST_SLOPES):
        share = 0.5 if i % 2 else -low[1] / (high[1] - low[1])
        s = low[0] + share * (high[0] - low[0])
        value = slope(s)
        low, high = (low, (s, value)) if value > 0 else ((s, value), high)
        if abs(value) <= FLAT_SLOPE * abs(first):
            return s
    return low[0]
