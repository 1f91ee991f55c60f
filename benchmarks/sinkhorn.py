"""The Sinkhorn divergence and its gradient: against geomloss and POT.

    python -m pip install geomloss POT    # and PyTorch
    python benchmarks/sinkhorn.py         # writes docs/sinkhorn_results.txt; seconds

Two samples of 340 and 170 rows in 16 dimensions, as in a batch of 512 with unequal
groups. Errors are relative to float64 with a tolerance of 1e-12.
"""

import statistics
import warnings
from pathlib import Path
from time import perf_counter

import ot
import torch
from geomloss import SamplesLoss

from fairlearnkit.representation._divergences import (
    sinkhorn_divergence,
    squared_distances,
)

HERE = Path(__file__).parent


def timed(function, x, repeats=21):
    """Value of a divergence, and median milliseconds of it and its gradient."""
    seconds = []
    for _ in range(repeats):
        some = x.clone().requires_grad_()
        start = perf_counter()
        value = function(some)
        value.backward()
        seconds.append(perf_counter() - start)
    return value.item(), 1000 * statistics.median(seconds)


def by_pot(x, y, a, b, blur):
    """The divergence by POT's solver."""

    def transport(u, v, p, q):
        cost = squared_distances(u, v).numpy()
        options = {"reg": 2 * blur**2, "reg_type": "KL", "max_iter": 10_000}
        return ot.solve(cost, p.numpy(), q.numpy(), tol=1e-9, **options).value

    own = transport(x, x, a, a) + transport(y, y, b, b)
    return transport(x, y, a, b) - own / 2


def main():
    """One line for each blur and solver."""
    warnings.simplefilter("ignore")  # geomloss and POT on other packages
    torch.manual_seed(0)
    x, y = torch.randn(340, 16) / 4, torch.randn(170, 16) / 5 + 0.1
    a, b = torch.full((340,), 1 / 340), torch.full((170,), 1 / 170)
    double = [z.double() for z in (x, y, a, b)]
    lines = [f"{'blur':<6} {'solver':<24} {'ms':>8} {'relative error':>16}"]
    for blur in (1.0, 0.5, 0.25):
        exact = sinkhorn_divergence(
            *double, blur=blur, tol=1e-12, max_iter=10**6
        ).item()
        solvers = {
            "fairlearnkit": lambda z, w=blur: sinkhorn_divergence(z, y, a, b, blur=w)
        }
        for scaling in (0.5, 0.9, 0.99):  # its cost is |x - y|^2 / 2
            loss = SamplesLoss("sinkhorn", p=2, blur=blur, scaling=scaling)
            solvers[f"geomloss, scaling {scaling}"] = lambda z, f=loss: (
                2 * f(a, z, b, y)
            )
        for name, solver in solvers.items():
            value, ms = timed(solver, x)
            error = abs(value / exact - 1)
            lines.append(f"{blur:<6} {name:<24} {ms:>8.1f} {error:>16.1e}")
        error = abs(float(by_pot(*double, blur)) / exact - 1)
        lines.append(f"{blur:<6} {'POT, float64':<24} {'':>8} {error:>16.1e}")
    print("\n".join(lines))
    (HERE.parent / "docs" / "sinkhorn_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
