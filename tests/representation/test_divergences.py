"""Divergences against loops, closed forms, one-dimensional transport and POT."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import norm

torch = pytest.importorskip("torch", reason="PyTorch (extra 'torch') is missing")

from fairlearnkit._transport.distances import wasserstein  # noqa: E402
from fairlearnkit._transport.distributions import make_distribution  # noqa: E402
from fairlearnkit.representation._divergences import (  # noqa: E402
    by_group,
    mean_difference,
    median_distance,
    mmd2,
    mmd2_by_group,
    sinkhorn_divergence,
    squared_distances,
)

EXACT = {"tol": 1e-12, "max_iter": 100_000}


def tensor(values):
    return torch.as_tensor(np.asarray(values, dtype=np.float64))


def equal(n):
    return torch.full((n,), 1.0 / n, dtype=torch.float64)


@pytest.fixture
def samples():
    """Two weighted samples, unlike in size, place and spread."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 3)), 0.5 + 2.0 * rng.normal(size=(7, 3))
    a, b = rng.uniform(0.2, 1, 9), rng.uniform(0.2, 1, 7)
    return tuple(map(tensor, (x, y, a / a.sum(), b / b.sum())))


DIVERGENCES = {
    "mean": mean_difference,
    "mmd": lambda *s: mmd2(*s, bandwidths=[0.7, 2.0]),
    "sinkhorn": lambda *s: sinkhorn_divergence(*s, blur=0.6, **EXACT),
}


def test_mmd_is_the_mean_over_pairs_of_different_rows(samples):
    x, y, a, b = (s.numpy() for s in samples)

    def kernel(u, v):
        widths = (0.7, 2.0)
        return np.mean([np.exp(-((u - v) @ (u - v)) / (2 * w * w)) for w in widths])

    def within(z, c):
        pairs = [(i, j) for i in range(len(z)) for j in range(len(z)) if i != j]
        total = sum(c[i] * c[j] * kernel(z[i], z[j]) for i, j in pairs)
        return total / sum(c[i] * c[j] for i, j in pairs)

    between = sum(
        a[i] * b[j] * kernel(x[i], y[j]) for i in range(len(x)) for j in range(len(y))
    )
    wanted = within(x, a) + within(y, b) - 2 * between
    found = float(mmd2(*samples, bandwidths=[0.7, 2.0]))
    assert found == pytest.approx(wanted, rel=1e-12)


def test_mmd_of_gaussians_is_that_of_the_closed_form():
    d, shift, spread, width = 3, 0.8, 1.5, 1.2
    s = width**2

    def expected_kernel(variance, distance):
        total = s + variance
        return (s / total) ** (d / 2) * np.exp(-(distance**2) / (2 * total))

    wanted = (
        expected_kernel(2.0, 0.0)
        + expected_kernel(2.0 * spread**2, 0.0)
        - 2.0 * expected_kernel(1.0 + spread**2, shift)
    )
    rng = np.random.default_rng(1)
    move = np.array([shift, 0.0, 0.0])
    found = []
    for _ in range(300):
        x, y = rng.normal(size=(40, d)), move + spread * rng.normal(size=(30, d))
        found.append(
            float(mmd2(tensor(x), tensor(y), equal(40), equal(30), bandwidths=[width]))
        )
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - wanted) < 4 * error  # unbiased, though 40 rows are few
    assert error < 0.05 * wanted


def test_mmd_of_equal_distributions_is_zero_on_average_and_of_others_is_not():
    rng = np.random.default_rng(2)

    def one(shift):
        x, y = rng.normal(size=(20, 2)), shift + rng.normal(size=(20, 2))
        return float(mmd2(tensor(x), tensor(y), equal(20), equal(20)))

    same = [one(0.0) for _ in range(400)]
    assert abs(np.mean(same)) < 4 * np.std(same) / 20
    assert min(same) < 0
    assert one(2.0) > 0.3


def test_median_distance_is_that_of_all_pairs():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(6, 2)), rng.normal(size=(5, 2))
    pairs = np.sort(pdist(np.vstack([x, y])))
    assert median_distance(tensor(np.vstack([x, y]))) == pytest.approx(
        pairs[27], rel=1e-12
    )
    assert median_distance(tensor(x[[0, 0]])) == 1.0


def test_sinkhorn_of_little_blur_is_the_squared_wasserstein_distance():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=40), 1.0 + 2.0 * rng.normal(size=30)
    a = rng.uniform(0.5, 1.0, 40)
    law, other = make_distribution(x, a), make_distribution(y)
    wanted = wasserstein(law, other, 2) ** 2
    found = sinkhorn_divergence(
        tensor(x[:, None]), tensor(y[:, None]), tensor(a / a.sum()), equal(30),
        blur=0.02, tol=1e-6, max_iter=20_000,
    )  # fmt: skip
    assert float(found) == pytest.approx(wanted, rel=2e-3)


def test_sinkhorn_of_much_blur_is_the_squared_distance_of_means(samples):
    found = sinkhorn_divergence(*samples, blur=300.0, **EXACT)
    assert float(found) == pytest.approx(float(mean_difference(*samples)), rel=1e-3)


@pytest.mark.parametrize("blur", [0.3, 1.0])
def test_sinkhorn_of_gaussians_is_that_of_the_closed_form(blur):
    """Janati et al., NeurIPS 2020: OT between Gaussians with the entropy."""
    mean, first, second, s = 0.7, 1.0, 1.8, blur**2

    def part(u, v):
        root = np.sqrt(4 * u**2 * v**2 + s**2)
        return -root + s * np.log(root + s)

    wanted = mean**2 + part(first, second)
    wanted -= 0.5 * (part(first, first) + part(second, second))
    grid = np.linspace(-12, 12, 700)
    laws = [norm.pdf(grid, 0, first), norm.pdf(grid, mean, second)]
    a, b = (tensor(law / law.sum()) for law in laws)
    x = tensor(grid[:, None])
    found = sinkhorn_divergence(x, x, a, b, blur=blur, tol=1e-9, max_iter=20_000)
    assert float(found) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("blur", [0.7, 1.5])
def test_sinkhorn_is_that_of_pot(samples, blur):
    ot = pytest.importorskip("ot", reason="POT is installed by the extra 'dev' only")

    def transport(x, y, a, b):
        cost = squared_distances(x, y).numpy()
        options = {"reg": 2 * blur**2, "reg_type": "KL", "max_iter": 10**5}
        return ot.solve(cost, a.numpy(), b.numpy(), tol=1e-8, **options).value

    x, y, a, b = samples
    wanted = transport(x, y, a, b)
    wanted -= 0.5 * (transport(x, x, a, a) + transport(y, y, b, b))
    found = float(sinkhorn_divergence(*samples, blur=blur, **EXACT))
    assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIVERGENCES)
def test_gradients(name, samples):
    x, y, a, b = samples
    x, y = x.requires_grad_(), y.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, y: DIVERGENCES[name](x, y, a, b), (x, y), atol=1e-7
    )


@pytest.mark.parametrize("name", DIVERGENCES)
def test_order_of_samples_and_of_rows_does_not_matter(name, samples):
    x, y, a, b = samples
    value = float(DIVERGENCES[name](x, y, a, b))
    assert value > 0.05
    assert float(DIVERGENCES[name](y, x, b, a)) == pytest.approx(value, rel=1e-9)
    order = torch.as_tensor([3, 0, 8, 1, 2, 7, 6, 5, 4])
    moved = DIVERGENCES[name](x[order], y, a[order], b)
    assert float(moved) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("name", ["mean", "sinkhorn"])
def test_weights_are_repetitions(name, samples):
    x, y, _, b = samples
    repeats = torch.as_tensor([1, 2, 3, 1, 1, 4, 1, 2, 1])
    share = repeats.double() / repeats.sum()
    weighted = DIVERGENCES[name](x, y, share, b)
    repeated = DIVERGENCES[name](
        x.repeat_interleave(repeats, dim=0), y, equal(int(repeats.sum())), b
    )
    assert float(weighted) == pytest.approx(float(repeated), rel=1e-6)


def test_sinkhorn_with_rows_far_away(samples):
    x, y, a, b = (s.float() for s in samples)
    x[0] += 300.0
    found = sinkhorn_divergence(x, y, a, b, blur=0.6)
    exact = sinkhorn_divergence(*(s.double() for s in (x, y, a, b)), blur=0.6, **EXACT)
    assert float(found) == pytest.approx(float(exact), rel=1e-4)
    assert float(exact) > 1e3


def test_far_from_the_origin_in_float32(samples):
    x, y, a, b = (s.float() for s in samples)
    for name, divergence in DIVERGENCES.items():
        if name == "sinkhorn":
            continue  # its tolerance here is that of float64
        moved = float(divergence(x + 1000.0, y + 1000.0, a, b))
        assert moved == pytest.approx(float(divergence(x, y, a, b)), rel=1e-3)
    near = float(sinkhorn_divergence(x, y, a, b, blur=0.6))
    far = float(sinkhorn_divergence(x + 1000.0, y + 1000.0, a, b, blur=0.6))
    assert far == pytest.approx(near, rel=1e-3)
    exact = float(sinkhorn_divergence(*samples, blur=0.6, **EXACT))
    assert near == pytest.approx(exact, rel=1e-4)


def test_a_group_of_one_row():
    x, y = tensor([[0.0, 1.0]]), tensor([[0.0, 1.0], [2.0, 1.0]])
    same = float(mmd2(x, x, equal(1), equal(1), bandwidths=[1.0]))
    assert same == pytest.approx(0.0, abs=1e-12)
    found = float(mmd2(x, y, equal(1), equal(2), bandwidths=[1.0]))
    assert found == pytest.approx(1 + np.exp(-2.0) - (1 + np.exp(-2.0)), abs=1e-12)


@pytest.mark.parametrize("bandwidths", [None, [0.5], [0.5, 2.0]])
def test_mmd_of_many_groups_is_that_of_pairs(bandwidths):
    rng = np.random.default_rng(5)
    laws = []
    for n in (6, 9, 4, 1):
        weight = rng.uniform(0.5, 1.0, n)
        rows = n / 5 + rng.normal(size=(n, 2))
        laws.append((tensor(rows), tensor(weight / weight.sum())))
    shares = [0.3, 0.4, 0.2, 0.1]
    wanted = by_group(lambda *s: mmd2(*s, bandwidths=bandwidths), laws, shares)
    found = mmd2_by_group(laws, shares, bandwidths=bandwidths)
    assert float(found) == pytest.approx(float(wanted), rel=1e-9)
