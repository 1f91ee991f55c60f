"""Rows as tensors: what the losses and the divergence are computed from."""

from itertools import pairwise

import numpy as np

from ._torch import load_torch

# Ridge of the whitening, as a share of the mean variance of the features, which keeps
# the Cholesky factorisation in float32 well-conditioned. Doubled, features can vary
# twice as much in directions that the divergence does not see in full.
WHITENING_RIDGE = 1e-3
DIVERGED = (
    "Training diverged: a loss, the divergence or the features are infinite or NaN. "
    "Lower learning_rate; look for weights, targets or values of X that are far larger "
    "than the others."
)


class TensorRows:
    """Rows as tensors on a device, with their tasks, groups and weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    tasks : list of Task
        Tasks, cut to these rows.
    codes : ndarray of shape (n_samples,)
        Group of each row; -1 for none.
    weight : ndarray of shape (n_samples,)
        Positive weights.
    device : str
        Where the tensors are kept.

    Attributes
    ----------
    X : tensor of shape (n_samples, n_features)
        Features, in float32.
    codes : ndarray of shape (n_samples,)
        Groups, numbered among those that are present.
    members : list of ndarray of int
        Rows of each group that is present.
    group_shares : ndarray of shape (n_present_groups,)
        Their shares of the weight, of sum 1.
    """

    def __init__(self, X, tasks, codes, weight, device):
        torch = load_torch()
        self.X = torch.as_tensor(X, dtype=torch.float32, device=device)
        self.tasks, self.weight = tasks, weight
        self.targets = [_tensor(task.values, task.kind, device) for task in tasks]
        # Divided by their mean, so that the losses of batches average to that of all.
        weights = [weight * task.observed for task in tasks]
        self.task_weights = [
            _tensor(w / (w.mean() or 1.0), None, device) for w in weights
        ]
        self.n_observed_tasks = sum(w.any() for w in weights)
        present = np.unique(codes[codes >= 0])
        self.codes = np.where(codes < 0, -1, np.searchsorted(present, codes))
        self.members = [np.flatnonzero(codes == g) for g in present]
        mass = np.array([weight[rows].sum() for rows in self.members])
        self.group_shares = mass / mass.sum()

    def task_loss(self, scores, batch):
        """Mean over the tasks of their mean losses in a batch.

        Parameters
        ----------
        scores : tensor of shape (n_batch, n_outputs)
            Scores of the heads.
        batch : ndarray of int of shape (n_batch,)
            Positions of the rows.

        Returns
        -------
        loss : tensor
            A scalar.
        """
        losses, start = [], 0
        for task, y, weight in zip(self.tasks, self.targets, self.task_weights):
            end = start + task.n_outputs
            loss = _row_losses(task.kind, scores[:, start:end], y[batch])
            losses.append((weight[batch] * loss).mean())
            start = end
        return sum(losses) / self.n_observed_tasks

    def divergence(self, Z, rows, divergence):
        """Divergence of the groups in the features Z of some rows.

        Parameters
        ----------
        Z : tensor of shape (n, n_components)
            Features.
        rows : ndarray of int of shape (n,)
            Positions of the rows, some of each group.
        divergence : callable
            Function of the groups' samples and shares.

        Returns
        -------
        divergence : tensor
            A scalar.
        """
        return divergence(self.whitened_samples(Z, rows), self.group_shares)

    def whitened_samples(self, Z, rows):
        """Features and weights of each group after whitening, without rows of no group.

        Linear heads can stretch any direction, so that all directions must count alike:
        the covariance of all groups together becomes I / n_components.
        """
        torch = load_torch()
        codes = self.codes[rows]
        ends = np.searchsorted(np.sort(codes), np.arange(len(self.members) + 1))
        order = np.argsort(codes, kind="stable")
        positions = [order[start:end] for start, end in pairwise(ends)]
        weights = []
        for position in positions:
            w = self.weight[rows[position]]
            weights.append(_tensor(w / w.sum(), None, Z.device))
        order = torch.as_tensor(np.concatenate(positions), device=Z.device)
        scaled = [float(p) * w for p, w in zip(self.group_shares, weights)]
        Z = _whiten(Z[order], torch.cat(scaled))
        return list(zip(Z.split([len(position) for position in positions]), weights))


def _tensor(values, kind, device):
    torch = load_torch()
    dtype = torch.int64 if kind == "multiclass" else torch.float32
    return torch.as_tensor(values, dtype=dtype, device=device)


def _row_losses(kind, scores, y):
    """Log loss or squared error of each row, of shape (n_batch,)."""
    F = load_torch().nn.functional
    if kind == "multiclass":
        return F.cross_entropy(scores, y, reduction="none")
    if kind == "binary":
        return F.binary_cross_entropy_with_logits(scores[:, 0], y, reduction="none")
    return (scores[:, 0] - y) ** 2


def _whiten(Z, weight):
    """Map Z linearly to mean 0 and covariance I / n_components, but for the ridge.

    With S the weighted covariance and S + ridge I = L L' (Cholesky), the rows become
    L^-1 z / sqrt(n_components).
    """
    torch = load_torch()
    Z = Z - weight @ Z
    size = Z.shape[1]
    S = (weight[:, None] * Z).T @ Z
    if not torch.isfinite(S).all():
        raise ValueError(DIVERGED)
    ridge = WHITENING_RIDGE * S.diagonal().mean() + 1e-12  # positive if Z is constant
    L = torch.linalg.cholesky(
        S + ridge * torch.eye(size, dtype=Z.dtype, device=Z.device)
    )
    return torch.linalg.solve_triangular(L, Z.T, upper=False).T / size**0.5
