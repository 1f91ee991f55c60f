"""Parameters of ParityEncoder, turned into what training needs."""

from dataclasses import dataclass
from functools import partial
from numbers import Real

import numpy as np

from . import _divergences
from ._torch import load_torch

# batch_size="auto": the number of rows divided by N_BATCHES, within the limits. In
# small batches the divergence is mostly noise; in large ones, which compare all pairs
# of rows, it is slow. If MAX_BATCH_SIZE is doubled, an epoch of a large data set has
# half as many steps, and its divergences take twice the time in all.
N_BATCHES, MIN_BATCH_SIZE, MAX_BATCH_SIZE = 10, 64, 512


@dataclass(frozen=True, eq=False)
class Settings:
    """How to train; see ParityEncoder for the parameters.

    ``divergence(samples, shares)`` is a function of the groups' samples and shares.
    """

    divergence: object
    penalty: float
    batch_size: int
    max_iter: int
    learning_rate: float
    seed: int
    device: str
    verbose: int


def read_settings(encoder, n_rows, device, seed):
    """Settings from the parameters of an encoder.

    Parameters
    ----------
    encoder : ParityEncoder
        The encoder, not fitted.
    n_rows : int
        Number of training rows.
    device : str
        Name of the device, from `read_device`.
    seed : int
        Seed of training.

    Returns
    -------
    settings : Settings
    """
    size = encoder.batch_size
    if size == "auto":
        size = int(np.clip(n_rows // N_BATCHES, MIN_BATCH_SIZE, MAX_BATCH_SIZE))
    bandwidths = read_bandwidths(encoder.bandwidth)
    return Settings(
        divergence=_divergence(encoder.divergence, bandwidths, encoder.blur),
        penalty=encoder.penalty,
        batch_size=size,
        max_iter=encoder.max_iter,
        learning_rate=encoder.learning_rate,
        seed=seed,
        device=device,
        verbose=encoder.verbose,
    )


def _divergence(name, bandwidths, blur):
    """The divergence of all groups as a function of their samples and shares."""
    if name == "mmd":
        return partial(_divergences.mmd2_by_group, bandwidths=bandwidths)
    sinkhorn = partial(_divergences.sinkhorn_divergence, blur=blur)
    pairwise = {"sinkhorn": sinkhorn, "mean": _divergences.mean_difference}
    return partial(_divergences.by_group, pairwise[name])


def read_bandwidths(bandwidth):
    """Bandwidths of the kernels as a list; None for the median distance.

    Parameters
    ----------
    bandwidth : "median", float or sequence of float
        Parameter of ParityEncoder.

    Returns
    -------
    bandwidths : list of float or None

    Raises
    ------
    ValueError
        A bandwidth is not between 0.001 and 1000.
    """
    if isinstance(bandwidth, str):
        return None
    widths = np.atleast_1d(bandwidth).tolist()
    valid = all(isinstance(w, Real) and 1e-3 <= w <= 1e3 for w in widths)
    if not widths or not valid:
        msg = (
            f"bandwidth={bandwidth!r} must be 'median', a number between 0.001 and "
            "1000 or a sequence of them."
        )
        raise ValueError(msg)
    return widths


def read_device(device):
    """Name of the device to train on.

    Parameters
    ----------
    device : str
        "auto" or a name that PyTorch knows.

    Returns
    -------
    device : str

    Raises
    ------
    ValueError
        PyTorch cannot use the device.
    """
    torch = load_torch()
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        msg = f"device={device!r} cannot be used here ({reason}); use 'auto'."
        raise ValueError(msg) from error
    return device
