"""Divergences between two weighted samples, as pure functions on torch tensors.

Rows of `x` have the weights `a`, rows of `y` the weights `b`; both sum to 1. All can be
differentiated with respect to `x` and `y`.
"""

from ._torch import load_torch

# Sinkhorn: the factor by which eps falls, and scalings between two looks.
SCALING, ROUND = 0.25, 10
# Largest squared norm of weights that are more than those of one row, in float32.
ONE_ROW = 1.0 - 1e-5


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
        Two samples.
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
    return mmd2_by_group([(x, a), (y, b)], [0.5, 0.5], bandwidths=bandwidths)


def mmd2_by_group(laws, shares, *, bandwidths=None):
    """As `by_group` of `mmd2`, by one kernel matrix of all rows.

    Parameters
    ----------
    laws : list of tuple
        Rows and weights of each group.
    shares : sequence of float
        Of the groups.
    bandwidths : sequence of float, default=None
        As in `mmd2`.

    Returns
    -------
    divergence : tensor
        A scalar.
    """
    torch = load_torch()
    Z = torch.cat([z for z, _ in laws])
    squares = squared_distances(Z, Z)
    kernel = sum(
        (squares * (-0.5 / width**2)).exp()
        for width in bandwidths or [median_distance(Z)]
    ) / len(bandwidths or [1])
    W = torch.block_diag(*[weight for _, weight in laws])  # (n_groups, n_rows)
    means, own = W @ kernel @ W.T, (W * W).sum(dim=1)
    found = []
    for g, others in _others(len(laws), shares):
        law = torch.zeros_like(own)
        law[list(others)] = own.new_tensor(list(others.values()))
        rest = _within(law @ means @ law, law * law @ own)
        found.append(_within(means[g, g], own[g]) + rest - 2.0 * means[g] @ law)
        if len(laws) == 2:  # the same the other way round
            break
    return sum(found) / len(found)


def _within(mean, own):
    """Mean of a kernel over pairs of different rows; 1 where there is one row.

    `own` is the share of pairs of a row and itself, where the kernel is 1.
    """
    return (mean - own) / (1.0 - own) if float(own) < ONE_ROW else 1.0 + 0.0 * mean


def _others(n_groups, shares):
    """Each group, and the shares of the others among themselves."""
    for g in range(n_groups):
        rest = sum(float(p) for h, p in enumerate(shares) if h != g)
        yield g, {h: float(p) / rest for h, p in enumerate(shares) if h != g}


def by_group(divergence, laws, shares):
    """Divergence of each group from the others together, averaged over the groups.

    Parameters
    ----------
    divergence : callable
        Of two weighted samples, symmetric.
    laws : list of tuple
        Rows and weights of each group, weights of sum 1.
    shares : sequence of float
        Of the groups, in what the others are together.

    Returns
    -------
    divergence : tensor
        A scalar; of two groups that of the one and the other.
    """
    torch = load_torch()
    if len(laws) == 2:
        (x, a), (y, b) = laws
        return divergence(x, y, a, b)
    found = []
    for g, others in _others(len(laws), shares):
        y = torch.cat([laws[h][0] for h in others])
        b = torch.cat([share * laws[h][1] for h, share in others.items()])
        x, a = laws[g]
        found.append(divergence(x, y, a, b))
    return sum(found) / len(found)


def median_distance(z):
    """Median distance of all pairs of rows.

    Parameters
    ----------
    z : tensor of shape (n, d)
        A sample.

    Returns
    -------
    distance : float
        1 where more than half of the pairs are of equal rows.
    """
    return float(load_torch().pdist(z.detach()).median()) or 1.0


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
        Positive weights, each of sum 1.
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
