"""Divergences between two weighted samples, as pure functions on torch tensors.

Rows of `x` have the weights `a`, rows of `y` the weights `b`; both sum to 1. All can be
differentiated with respect to `x` and `y`.
"""

from fairlearnkit.representation._torch import load_torch

# Sinkhorn: the factor by which eps falls, and scalings between two looks.
SCALING, ROUND = 0.25, 10


def squared_distances(x, y):
    """Squared Euclidean distances of all pairs.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.

    Returns
    -------
    distances : tensor of shape (n, m)
        Not negative.
    """
    origin = y.detach().mean(dim=0)  # far from it, squares lose their digits
    x, y = x - origin, y - origin
    squares = (x * x).sum(dim=1)[:, None] + (y * y).sum(dim=1)
    return (squares - 2.0 * x @ y.T).clamp(min=0.0)


def mean_difference(x, y, a, b):
    """Squared distance of the means, |a'x - b'y|^2.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.
    a, b : tensor of shape (n,) and (m,)
        Weights, each of sum 1.

    Returns
    -------
    divergence : tensor
        A scalar. Zero says that the means agree, and nothing else.
    """
    difference = a @ x - b @ y
    return difference @ difference


def mmd2(x, y, a, b, *, bandwidths=None):
    """Squared maximum mean discrepancy, unbiased.

    E k(x, x') + E k(y, y') - 2 E k(x, y) of independent rows, with the Gaussian kernel
    k = exp(-|x - y|^2 / (2 bandwidth^2)), or the mean of several. A row is not compared
    with itself, so that the expectation is that of the laws; it may be negative.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples, of at least two rows each.
    a, b : tensor of shape (n,) and (m,)
        Weights, each of sum 1.
    bandwidths : sequence of float, default=None
        In the units of x. None takes the median distance of all pairs of rows, which
        counts as a constant in gradients.

    Returns
    -------
    divergence : tensor
        A scalar.
    """
    bandwidths = bandwidths or [median_distance(x, y)]
    xx, yy, xy = (
        sum((squares * (-0.5 / width**2)).exp() for width in bandwidths)
        / len(bandwidths)
        for squares in (
            squared_distances(x, x),
            squared_distances(y, y),
            squared_distances(x, y),
        )
    )
    return _within(xx, a) + _within(yy, b) - 2.0 * a @ xy @ b


def _within(kernel, a):
    """Mean of the kernel over pairs of different rows; 1 where there is one row."""
    if len(a) == 1:
        return kernel.sum()
    own = a @ a
    return (a @ (kernel - kernel.diag().diag()) @ a) / (1.0 - own)


def median_distance(x, y):
    """Median distance of all pairs of rows of two samples together.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.

    Returns
    -------
    distance : float
        1 where more than half of the pairs are of equal rows.
    """
    torch = load_torch()
    return float(torch.pdist(torch.cat([x, y]).detach()).median()) or 1.0


def sinkhorn_divergence(x, y, a, b, *, blur, tol=1e-3, max_iter=1000):
    """Sinkhorn divergence, OT(x, y) - (OT(x, x) + OT(y, y)) / 2.

    OT is the least of <P, C> + eps KL(P | a b') over couplings P of a and b, for the
    squared Euclidean cost C and eps = 2 blur^2: P blurs the samples by a Gaussian of
    standard deviation `blur`. Gradients are those of the potentials at the optimum.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.
    a, b : tensor of shape (n,) and (m,)
        Weights, each of sum 1.
    blur : float
        In the units of x. Towards 0 the divergence is the squared Wasserstein
        distance, towards infinity the squared distance of the means.
    tol : float, default=1e-3
        Largest change of the potentials in the last iteration, in units of eps.
    max_iter : int, default=1000
        Largest number of iterations at the final eps.

    Returns
    -------
    divergence : tensor
        A scalar, not negative up to the tolerance.
    """
    torch = load_torch()
    eps, log_a, log_b = 2.0 * blur**2, a.log(), b.log()
    with torch.no_grad():
        f, g = _potentials(squared_distances(x, y), a, b, eps, tol, max_iter)
        fx = _own_potential(squared_distances(x, x), a, eps, tol, max_iter)
        gy = _own_potential(squared_distances(y, y), b, eps, tol, max_iter)
    own_x, own_y = x.detach(), y.detach()
    f_of_x = _softmin(squared_distances(x, own_y), g, log_b, eps)
    g_of_y = _softmin(squared_distances(y, own_x), f, log_a, eps)
    fx_of_x = _softmin(squared_distances(x, own_x), fx, log_a, eps)
    gy_of_y = _softmin(squared_distances(y, own_y), gy, log_b, eps)
    return a @ (f_of_x - fx_of_x) + b @ (g_of_y - gy_of_y)


def _softmin(cost, g, log_b, eps):
    """-eps log sum_j b_j exp((g_j - cost_ij) / eps)."""
    return -eps * ((g - cost) / eps + log_b).logsumexp(dim=1)


def _potentials(cost, a, b, eps, tol, max_iter):
    """Potentials of the rows and of the columns of a cost matrix.

    In the log domain while eps falls; then by scalings of the coupling that was
    reached, which are near 1 and go back into the potentials every few iterations.
    """
    log_a, log_b = a.log(), b.log()
    g = 0.0 * b
    for step in _steps(cost, eps):
        f = _softmin(cost, g, log_b, step)
        g = _softmin(cost.T, f, log_a, step)
    for _ in range(0, max_iter, ROUND):
        density = ((f[:, None] + g - cost) / eps).exp()  # of the coupling
        u, v = 1.0 + 0.0 * a, 1.0 + 0.0 * b
        for _ in range(ROUND):
            last, u = u, 1.0 / (density @ (b * v))
            v = 1.0 / (density.T @ (a * u))
        f, g = f + eps * u.log(), g + eps * v.log()
        if float((u / last).log().abs().max()) <= tol:
            break
    return f, g


def _own_potential(cost, a, eps, tol, max_iter):
    """The potential of a sample and itself."""
    log_a, f = a.log(), 0.0 * a
    for step in _steps(cost, eps):
        f = 0.5 * (f + _softmin(cost, f, log_a, step))
    for _ in range(0, max_iter, ROUND):
        density = ((f[:, None] + f - cost) / eps).exp()
        u = 1.0 + 0.0 * a
        for _ in range(ROUND):
            last, u = u, (u / (density @ (a * u))).sqrt()
        f = f + eps * u.log()
        if float((u / last).log().abs().max()) <= tol:
            break
    return f


def _steps(cost, eps):
    """Values of eps, from the largest cost down to its own."""
    step = float(cost.max())
    while step > eps:
        yield step
        step *= SCALING
    yield eps
