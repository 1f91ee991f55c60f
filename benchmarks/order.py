"""Whether the order of sensitive columns matters when they are repaired in turn.

    python benchmarks/order.py          # writes docs/order_results.txt

Scores are 1 for column a, 2 for column b, and standard normal noise, added up. Columns
are independent, or agree in 80 % of the rows; or their effects do not add up: 2 where
both are 1. Mean of 10 samples each.
"""

from pathlib import Path

import numpy as np

from fairlearnkit.metrics import ks_gap
from fairlearnkit.preprocessing import BarycenterTransformer

HERE = Path(__file__).parent
SIZES, SEEDS = (1000, 4000, 16_000, 64_000), range(10)
CASES = ("independent, additive", "independent, not additive", "dependent, additive")


def sample(n_rows, case, seed):
    """Scores and both columns."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 2, n_rows)
    agree = 0.8 if case.startswith("dependent") else 0.5
    b = np.where(rng.uniform(size=n_rows) < agree, a, 1 - a)
    effect = 2.0 * a * b if "not" in case else a + 2.0 * b
    return rng.standard_normal(n_rows) + effect, a, b


def in_turn(scores, *columns):
    """Scores after one column, then the other."""
    model = BarycenterTransformer(sequential=[1.0, 1.0])
    groups = np.column_stack(columns)
    return model.fit_transform(scores[:, None], sensitive_features=groups)[:, 0]


def one(n_rows, case, seed):
    """RMS difference of the two orders, and the KS left in each column."""
    scores, a, b = sample(n_rows, case, seed)
    first, second = in_turn(scores, a, b), in_turn(scores, b, a)
    left = [ks_gap(None, first, sensitive_features=c) for c in (a, b)]
    return [np.sqrt(np.mean((first - second) ** 2)), *left]


def main():
    """All cases, and the table."""
    lines = [
        f"{'':<30} {'rows':>7} {'RMS of the orders':>18} {'KS by a':>9} {'KS by b':>9}"
    ]
    for case in CASES:
        for n_rows in SIZES:
            apart, *left = np.mean([one(n_rows, case, s) for s in SEEDS], axis=0)
            distances = f"{apart:>18.4f} {left[0]:>9.4f} {left[1]:>9.4f}"
            lines.append(f"{case:<30} {n_rows:>7,} {distances}")
    print("\n".join(lines))
    (HERE.parent / "docs" / "order_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
