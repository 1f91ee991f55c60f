"""ParityProjection, which is a closed form: the gap that it states, and the matrix."""

import warnings

import numpy as np
from scipy import sparse

from fairlearnkit.preprocessing import ParityProjection

from .algebra import EXTENDED, row_basis
from .models import UNIT_ROUNDING, Verdict
from .problems import draw

# What the library takes for rounding of a difference of means, relative to the range of
# a column: directions that are shorter stay in X.
SAME_MEANS = 1e-12


def fitted(rng):
    """A problem, a fitted projection, and what it makes of X."""
    drawn = draw(rng, "classes", kernel=rng.random() < 0.5)
    if sparse.issparse(drawn.X):
        drawn.X = drawn.X.toarray()
    constraint = drawn.options.get("constraint", "demographic_parity")
    strength = float(rng.choice([1.0, 1.0, 0.5, 0.9]))
    model = ParityProjection(constraint=constraint, strength=strength)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit_transform(
            drawn.X,
            drawn.y,
            sensitive_features=drawn.group,
            sample_weight=drawn.weight,
        )
    drawn.traits += [constraint, f"strength={strength}"]
    return drawn, model, found.astype(EXTENDED)


def rounding_of(drawn, model):
    """(n + d) u times the size of X, u = 2^-24 for features in float32."""
    unit = UNIT_ROUNDING * (2.0**29 if drawn.X.dtype == np.float32 else 1.0)
    return unit * sum(drawn.X.shape) * np.sqrt((drawn.dense**2).sum(axis=1).max())


def audit_gap(rng):
    """The gap that is left, of a score whose coefficients have norm 1."""
    drawn, model, found = fitted(rng)
    left = np.sqrt(((drawn.contrasts() @ found) ** 2).sum(axis=1).max())
    size = np.sqrt((drawn.dense**2).sum(axis=1).max())
    return Verdict(
        certificate=model.gap_,
        excess=float(left),
        rounding=float(rounding_of(drawn, model)),
        objective=float(size),
        referee=0.0,
        warned=False,
        traits=drawn.traits,
    )


def audit_matrix(rng):
    """The transformed features, against those by Gram and Schmidt's method.

    The directions are as exact as the contrasts A = M X allow: rounding of X turns them
    by its size over the smallest singular value of A.
    """
    drawn, model, found = fitted(rng)
    X = drawn.dense
    A = drawn.contrasts() @ X
    Q = row_basis(A)[:, : len(model.directions_)]
    expected = X - EXTENDED(model.strength) * (X @ Q) @ Q.T
    size = np.sqrt((X**2).sum(axis=1).max())
    sizes = np.linalg.svd(A.astype(float), compute_uv=False)
    smallest = sizes[: max(Q.shape[1], 1)].min()
    spread = np.ptp(X, axis=0).max()
    turned = SAME_MEANS * spread / max(smallest, 1e-300)
    return Verdict(
        certificate=0.0,
        excess=float(np.sqrt(((found - expected) ** 2).sum(axis=1).max())),
        rounding=float(rounding_of(drawn, model) * (1 + size / max(smallest, 1e-300)))
        + float(turned * size),
        objective=float(size),
        referee=0.0,
        warned=False,
        traits=drawn.traits,
    )
