r"""Divergences between two weighted samples, as pure functions of torch tensors.

The rows of `x` have the weights `a` and the rows of `y` the weights `b`, each of sum 1.
All divergences are differentiable with respect to `x` and `y`.

References
----------
Gretton, Borgwardt, Rasch, Schölkopf, Smola: A Kernel Two-Sample Test. Journal of
Machine Learning Research 2012.
Feydy, Séjourné, Vialard, Amari, Trouvé, Peyré: Interpolating between Optimal Transport
and MMD using Sinkhorn Divergences. AISTATS 2019.
Schmitzer: Stabilized Sparse Scaling Algorithms for Entropy Regularized Transport
Problems. SIAM Journal on Scientific Computing 2019.
"""

from ._torch import load_torch

# Factor by which eps is lowered from the largest cost to its final value: the blur is
# halved, as in geomloss by default. Doubled, the way down takes twice as many steps.
EPS_DECAY = 0.25
# Iterations between two checks of convergence, each of which waits for the device and
# absorbs the scalings into the potentials. Doubled, up to 20 iterations are run after
# the tolerance is met, and scalings move further away from 1 before they are absorbed.
ITERATIONS_PER_CHECK = 10
# Sums of squared weights above this are those of a single row, which are 1 but for
# rounding in float32. Doubling the distance to 1 changes nothing unless one row has a
# share of 0.99999.
SINGLE_ROW = 1.0 - 1e-5


def squared_distances(x, y):
    """Squared Euclidean distances of all pairs.

    Computed as |x|^2 + |y|^2 - 2 x'y after moving the origin to the mean of y: far from
    the origin the three terms cancel.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.

    Returns
    -------
    distances : tensor of shape (n, m)
        Not negative.
    """
    origin = y.detach().mean(dim=0)
    x, y = x - origin, y - origin
    norms = (x * x).sum(dim=1)[:, None] + (y * y).sum(dim=1)
    return (norms - 2.0 * x @ y.T).clamp(min=0.0)


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
        A scalar. Zero means that the means agree, and nothing more.
    """
    difference = a @ x - b @ y
    return difference @ difference


def mmd2(x, y, a, b, *, bandwidths=None):
    """Squared maximum mean discrepancy, unbiased.

    E k(x, x') + E k(y, y') - 2 E k(x, y) over independent rows, with the Gaussian
    kernel k = exp(-|x - y|^2 / (2 bandwidth^2)) or the mean of several (Gretton et al.
    2012, lemma 6, with weights). A row is not paired with itself, so that the
    expectation is that of the two distributions; a single value may be negative.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.
    a, b : tensor of shape (n,) and (m,)
        Weights, each of sum 1.
    bandwidths : sequence of float, default=None
        In units of x. None takes the median distance of all pairs of rows, which is a
        constant in gradients.

    Returns
    -------
    divergence : tensor
        A scalar.
    """
    return mmd2_by_group([(x, a), (y, b)], [0.5, 0.5], bandwidths=bandwidths)


def mmd2_by_group(samples, shares, *, bandwidths=None):
    """The same as `by_group` with `mmd2`, from one kernel matrix of all rows.

    1. Kernel matrix K of all rows, of shape (n, n).
    2. Means of K over pairs of groups, W K W' with the weights of the groups as rows of
       W, of shape (n_groups, n). Each row is of one group, so that they are sums of
       weighted entries of K by group.
    3. For each group g, let q be the shares of the others among themselves: the mean
       over pairs of others is q' (W K W') q, and that over pairs of g and others is
       (W K W')_g q. Pairs of a row and itself are taken out.

    Parameters
    ----------
    samples : list of tuple
        Rows and weights of each group.
    shares : sequence of float
        Shares of the groups.
    bandwidths : sequence of float, default=None
        As in `mmd2`.

    Returns
    -------
    divergence : tensor
        A scalar.
    """
    torch = load_torch()
    Z = torch.cat([z for z, _ in samples])
    squares = squared_distances(Z, Z)
    kernel = sum(
        (squares * (-0.5 / width**2)).exp()
        for width in bandwidths or [median_distance(Z)]
    ) / len(bandwidths or [1])
    weight = torch.cat([weight for _, weight in samples])
    sizes = torch.as_tensor([len(z) for z, _ in samples], device=Z.device)
    group = torch.repeat_interleave(torch.arange(len(samples), device=Z.device), sizes)

    def sum_by_group(values):
        start = values.new_zeros(len(samples), *values.shape[1:])
        return start.index_add(0, group, values)

    half = sum_by_group(weight[:, None] * kernel)  # W K
    means = sum_by_group(weight[:, None] * half.T).T
    itself = sum_by_group(weight * weight)
    # Row g of Q holds the shares q of the others than g.
    Q = itself.new_tensor([float(p) for p in shares]).repeat(len(samples), 1)
    Q.fill_diagonal_(0.0)
    Q = Q / Q.sum(dim=1, keepdim=True)
    rest = _mean_over_different_rows((Q @ means * Q).sum(dim=1), Q * Q @ itself)
    own = _mean_over_different_rows(means.diagonal(), itself)
    return (own + rest - 2.0 * (means * Q).sum(dim=1)).mean()


def _mean_over_different_rows(mean, itself):
    """Means of the kernel over pairs of different rows, from those over all pairs.

    `itself` is the share of pairs of a row and itself, where the kernel is 1. A sample
    of a single row has no other pairs; its mean is 1.
    """
    torch = load_torch()
    single = itself >= SINGLE_ROW
    pairs = torch.where(single, 1.0, 1.0 - itself)  # a gradient of 0 / 0 would be NaN
    return torch.where(single, 1.0, (mean - itself) / pairs)


def _shares_of_others(n_groups, shares):
    """Each group, with a dict of the shares of the others among themselves."""
    for g in range(n_groups):
        rest = sum(float(p) for h, p in enumerate(shares) if h != g)
        yield g, {h: float(p) / rest for h, p in enumerate(shares) if h != g}


def by_group(divergence, samples, shares):
    """Divergence of each group from all others together, averaged over the groups.

    Parameters
    ----------
    divergence : callable
        Symmetric function of two weighted samples.
    samples : list of tuple
        Rows and weights of each group, weights of sum 1.
    shares : sequence of float
        Shares of the groups, which weigh them among the others.

    Returns
    -------
    divergence : tensor
        A scalar; for two groups, their divergence.
    """
    torch = load_torch()
    if len(samples) == 2:
        (x, a), (y, b) = samples
        return divergence(x, y, a, b)
    terms = []
    for g, others in _shares_of_others(len(samples), shares):
        y = torch.cat([samples[h][0] for h in others])
        b = torch.cat([share * samples[h][1] for h, share in others.items()])
        x, a = samples[g]
        terms.append(divergence(x, y, a, b))
    return sum(terms) / len(terms)


def median_distance(z):
    """Median distance of all pairs of rows (the median heuristic for bandwidths).

    Parameters
    ----------
    z : tensor of shape (n, d)
        A sample.

    Returns
    -------
    distance : float
        1 if more than half of the pairs are of equal rows.
    """
    return float(load_torch().pdist(z.detach()).median()) or 1.0


def sinkhorn_divergence(x, y, a, b, *, blur, tol=1e-3, max_iter=1000):
    """Sinkhorn divergence, OT(x, y) - (OT(x, x) + OT(y, y)) / 2 (Feydy et al. 2019).

    OT is the least of <P, C> + eps KL(P | a b') over couplings P of a and b, with the
    squared Euclidean cost C and eps = 2 blur^2: P blurs the samples by a Gaussian of
    standard deviation `blur`.

    1. Optimal potentials of the three problems, without gradients.
    2. Apply the optimality condition f = softmin(C(x, y) - g) once more, with gradients
       with respect to the first argument only. At the optimum the value is
       OT(x, y) = <a, f> + <b, g>, and the gradients of the potentials drop out.

    Parameters
    ----------
    x, y : tensor of shape (n, d) and (m, d)
        Two samples.
    a, b : tensor of shape (n,) and (m,)
        Positive weights, each of sum 1.
    blur : float
        In units of x. As it goes to 0 the divergence goes to the squared Wasserstein
        distance, and as it goes to infinity to the squared distance of the means.
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
        fx = _symmetric_potential(squared_distances(x, x), a, eps, tol, max_iter)
        gy = _symmetric_potential(squared_distances(y, y), b, eps, tol, max_iter)
    fixed_x, fixed_y = x.detach(), y.detach()
    f_of_x = _softmin(squared_distances(x, fixed_y), g, log_b, eps)
    g_of_y = _softmin(squared_distances(y, fixed_x), f, log_a, eps)
    fx_of_x = _softmin(squared_distances(x, fixed_x), fx, log_a, eps)
    gy_of_y = _softmin(squared_distances(y, fixed_y), gy, log_b, eps)
    return a @ (f_of_x - fx_of_x) + b @ (g_of_y - gy_of_y)


def _softmin(cost, g, log_b, eps):
    """-eps log sum_j b_j exp((g_j - cost_ij) / eps), of shape (n,)."""
    return -eps * ((g - cost) / eps + log_b).logsumexp(dim=1)


def _potentials(cost, a, b, eps, tol, max_iter):
    """Potentials f of shape (n,) and g of shape (m,) of a cost matrix.

    1. Lower eps from the largest cost to its final value, with one iteration in the log
       domain at each value (eps-scaling).
    2. At the final eps iterate on scalings u, v of the coupling with density
       exp((f + g - C) / eps), which costs two products with a matrix instead of two
       log-sum-exps. They start at 1 and are absorbed into the potentials every few
       iterations, before they overflow (the stabilisation of Schmitzer 2019).
    3. Stop when log u, the change of f in units of eps, changes by at most `tol`.
    """
    log_a, log_b = a.log(), b.log()
    g = 0.0 * b
    for step in _decreasing_eps(cost, eps):
        f = _softmin(cost, g, log_b, step)
        g = _softmin(cost.T, f, log_a, step)
    for _ in range(0, max_iter, ITERATIONS_PER_CHECK):
        density = ((f[:, None] + g - cost) / eps).exp()
        u, v = 1.0 + 0.0 * a, 1.0 + 0.0 * b
        for _ in range(ITERATIONS_PER_CHECK):
            last, u = u, 1.0 / (density @ (b * v))
            v = 1.0 / (density.T @ (a * u))
        f, g = f + eps * u.log(), g + eps * v.log()
        if float((u / last).log().abs().max()) <= tol:
            break
    return f, g


def _symmetric_potential(cost, a, eps, tol, max_iter):
    """The potential of a sample against itself, of shape (n,).

    Like `_potentials`, but both potentials are the same, and the iteration averages f
    and softmin(C - f), which converges much faster than alternating (Feydy et al. 2019,
    section 3). For scalings the average is a geometric mean.
    """
    log_a, f = a.log(), 0.0 * a
    for step in _decreasing_eps(cost, eps):
        f = 0.5 * (f + _softmin(cost, f, log_a, step))
    for _ in range(0, max_iter, ITERATIONS_PER_CHECK):
        density = ((f[:, None] + f - cost) / eps).exp()
        u = 1.0 + 0.0 * a
        for _ in range(ITERATIONS_PER_CHECK):
            last, u = u, (u / (density @ (a * u))).sqrt()
        f = f + eps * u.log()
        if float((u / last).log().abs().max()) <= tol:
            break
    return f


def _decreasing_eps(cost, eps):
    """Values of eps from the largest cost down to the final one."""
    step = float(cost.max())
    while step > eps:
        yield step
        step *= EPS_DECAY
    yield eps
