"""Training of an encoder and its heads, in batches that hold rows of every group."""

import copy
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ._torch import load_torch

# Rows of a group that every batch has at least, for the divergence alone if need be;
# fewer, down to 2, where groups are so many that these would be more than the batch.
AT_LEAST = 16
# Rows on which the divergence is measured: after each epoch, and in the end.
MEASURED, MEASURED_LAST = 1024, 4096
# Epochs without a better loss on the rows held out before training stops.
PATIENCE = 10
# Added to the covariance of a representation, as a share of its mean variance.
RIDGE = 1e-3
DIVERGED = (
    "Training diverged: a loss, the divergence or the features are infinite or NaN. "
    "Lower learning_rate; look for weights, targets or values of X that are far larger "
    "than the others."
)


@dataclass(frozen=True, eq=False)
class Settings:
    """How to train: see ParityEncoder.

    ``divergence(laws, shares)`` is a function of the groups' rows and weights.
    """

    divergence: object
    penalty: float
    batch_size: int
    max_iter: int
    learning_rate: float
    seed: int
    device: str
    verbose: int


class Rows:
    """Training rows as tensors on a device, with their tasks, groups and weights."""

    def __init__(self, X, tasks, codes, weight, device):
        torch = load_torch()
        self.X = torch.as_tensor(X, dtype=torch.float32, device=device)
        self.tasks, self.weight = tasks, weight
        self.targets = [_tensor(task.values, task.kind, device) for task in tasks]
        # Divided by its mean, so that batches are parts of one weighted mean.
        weights = [weight * task.observed for task in tasks]
        self.shares = [_tensor(w / (w.mean() or 1.0), None, device) for w in weights]
        self.n_observed_tasks = sum(w.any() for w in weights)
        present = np.unique(codes[codes >= 0])
        self.codes = np.where(codes < 0, -1, np.searchsorted(present, codes))
        self.members = [np.flatnonzero(codes == g) for g in present]
        mass = np.array([weight[rows].sum() for rows in self.members])
        self.group_shares = mass / mass.sum()

    def task_loss(self, scores, batch):
        """Mean over the tasks of the mean loss of rows, given their scores."""
        losses, start = [], 0
        for task, y, share in zip(self.tasks, self.targets, self.shares):
            end = start + task.n_outputs
            rows = _row_losses(task.kind, scores[:, start:end], y[batch])
            losses.append((share[batch] * rows).mean())
            start = end
        return sum(losses) / self.n_observed_tasks

    def laws(self, Z, rows):
        """Representation and weights of each group among some rows, whitened.

        A linear head can stretch any direction, so that all of them count alike: the
        covariance of all groups together becomes I / n_components.
        """
        torch = load_torch()
        places = [
            np.flatnonzero(self.codes[rows] == g) for g in range(len(self.members))
        ]
        weights = []
        for place in places:
            w = self.weight[rows[place]]
            weights.append(_tensor(w / w.sum(), None, Z.device))
        order = torch.as_tensor(np.concatenate(places), device=Z.device)
        scaled = [float(p) * w for p, w in zip(self.group_shares, weights)]
        Z = _whitened(Z[order], torch.cat(scaled))
        return list(zip(Z.split([len(place) for place in places]), weights))

    def gap(self, Z, rows, divergence):
        """Divergence of the groups in a representation of some rows."""
        return divergence(self.laws(Z, rows), self.group_shares)


def _tensor(values, kind, device):
    torch = load_torch()
    dtype = torch.int64 if kind == "multiclass" else torch.float32
    return torch.as_tensor(values, dtype=dtype, device=device)


def _row_losses(kind, scores, y):
    F = load_torch().nn.functional
    if kind == "multiclass":
        return F.cross_entropy(scores, y, reduction="none")
    if kind == "binary":
        return F.binary_cross_entropy_with_logits(scores[:, 0], y, reduction="none")
    return (scores[:, 0] - y) ** 2


def _whitened(Z, weight):
    """Z with mean 0 and covariance I / n_components, but for a ridge."""
    torch = load_torch()
    Z = Z - weight @ Z
    size = Z.shape[1]
    covariance = (weight[:, None] * Z).T @ Z
    if not torch.isfinite(covariance).all():
        raise ValueError(DIVERGED)
    ridge = RIDGE * covariance.diagonal().mean() + 1e-12
    root = torch.linalg.cholesky(
        covariance + ridge * torch.eye(size, dtype=Z.dtype, device=Z.device)
    )
    return torch.linalg.solve_triangular(root, Z.T, upper=False).T / size**0.5


def default_module(n_features, hidden_layer_sizes, n_components):
    """Linear layers with ReLU between them.

    Parameters
    ----------
    n_features : int
        Inputs.
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    n_components : int
        Outputs.

    Returns
    -------
    module : torch.nn.Sequential
    """
    nn = load_torch().nn
    layers = []
    for n_in, n_out in pairwise([n_features, *hidden_layer_sizes, n_components]):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train(make_module, rows, held_out, settings):
    """Train an encoder with linear heads.

    Parameters
    ----------
    make_module : callable
        Makes the encoder; called once random numbers are seeded.
    rows, held_out : Rows
        To learn from; to stop by, or None.
    settings : Settings
        How.

    Returns
    -------
    encoder, heads : torch.nn.Module
        On the CPU, in evaluation mode.
    curves : dict of list
        "loss", "gap" and, with rows held out, "validation": one value an epoch.
    gap : float
        Divergence of the training rows in the end.
    """
    torch = load_torch()
    device = torch.device(settings.device)
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus), with_gradients():
        torch.manual_seed(settings.seed)
        n_outputs = sum(task.n_outputs for task in rows.tasks)
        with torch.device("cpu"):  # whatever the default is; it slows what is within
            encoder = make_module().to(device, torch.float32)
            n_components = _n_components(encoder, rows.X)
            heads = torch.nn.Linear(n_components, n_outputs).to(device, torch.float32)
        curves = _epochs(encoder, heads, rows, held_out, settings)
        gap = measured_gap(encoder, rows, settings, most=MEASURED_LAST)
    return encoder.cpu().eval(), heads.cpu().eval(), curves, gap


@contextmanager
def with_gradients():
    """Gradients, whatever the caller has set for all of PyTorch."""
    torch = load_torch()
    with torch.inference_mode(False), torch.enable_grad():
        yield


def _n_components(encoder, X):
    """The width of what an encoder returns."""
    torch = load_torch()
    encoder.eval()
    try:
        with torch.no_grad():
            Z = encoder(X[:2].clone())
    except RuntimeError as error:
        told = str(error).partition("\n")[0]
        msg = f"module cannot take an input of shape {tuple(X[:2].shape)}: {told}."
        raise ValueError(msg) from error
    if not torch.is_tensor(Z) or Z.ndim != 2 or len(Z) != 2 or not Z.shape[1]:
        shape = tuple(Z.shape) if torch.is_tensor(Z) else type(Z).__name__
        msg = (
            f"module returned {shape} for an input of shape {tuple(X[:2].shape)}; it "
            "must return a tensor of shape (n_samples, n_components)."
        )
        raise ValueError(msg)
    return Z.shape[1]


def _epochs(encoder, heads, rows, held_out, settings):
    torch = load_torch()
    parameters = [*encoder.parameters(), *heads.parameters()]
    rng = np.random.RandomState(settings.seed)
    n_batches = int(np.ceil(len(rows.X) / settings.batch_size))
    total = settings.max_iter * n_batches
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: max(1.0 - step / total, 0.01)
    )
    # Without a penalty the network is a plain one, and sees no row more than once.
    most = settings.batch_size // len(rows.members)
    at_least = min(AT_LEAST, max(2, most)) if settings.penalty > 0 else 0
    curves, best, since = {"loss": [], "gap": [], "validation": []}, None, 0
    for epoch in range(settings.max_iter):
        encoder.train()
        total_loss = 0.0
        for batch, with_extra in _batches(rows, n_batches, at_least, rng):
            Z = encoder(rows.X[with_extra])
            loss = rows.task_loss(heads(Z[: len(batch)]), batch)
            objective = loss
            if settings.penalty > 0:
                gap = rows.gap(Z, with_extra, settings.divergence)
                objective = loss + settings.penalty * gap
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
            schedule.step()
            total_loss += len(batch) * float(loss.detach())
        loss = total_loss / len(rows.X)
        gap = measured_gap(encoder, rows, settings)
        value = 0.0
        if held_out is not None:
            value = _objective(encoder, heads, held_out, settings)
            curves["validation"].append(value)
        if not np.isfinite(loss + gap + value):
            raise ValueError(DIVERGED)
        curves["loss"].append(loss)
        curves["gap"].append(gap)
        if held_out is not None:
            if best is None or value < best[0]:
                state = copy.deepcopy((encoder.state_dict(), heads.state_dict()))
                best, since = (value, state), 0
            else:
                since += 1
        _tell(settings, epoch, curves, last=since == PATIENCE)
        if since == PATIENCE:
            break
    if best is not None:
        encoder.load_state_dict(best[1][0])
        heads.load_state_dict(best[1][1])
    return curves


def _batches(rows, n_batches, at_least, rng):
    """Positions of the rows of each batch, and the same with rows of small groups.

    Every group is spread evenly over the batches. Where a batch would have fewer rows
    of one than there should be at least, others of it join it for the divergence.
    """
    place = rng.uniform(size=len(rows.codes))
    for members in rows.members:
        shuffled = rng.permutation(members)
        place[shuffled] = (np.arange(len(members)) + rng.uniform()) / len(members)
    for batch in np.array_split(np.argsort(place, kind="stable"), n_batches):
        extra = [batch]
        for g, members in enumerate(rows.members):
            present = np.count_nonzero(rows.codes[batch] == g)
            lacks = min(at_least, len(members)) - present
            if lacks > 0:
                others = np.setdiff1d(members, batch)
                extra.append(rng.choice(others, lacks, replace=False))
        yield batch, np.concatenate(extra)


def _objective(encoder, heads, rows, settings):
    """Loss of rows held out plus penalty times their divergence."""
    torch = load_torch()
    encoder.eval()
    with torch.no_grad():
        Z = encoder(rows.X.clone())  # which a module may write to
        loss = float(rows.task_loss(heads(Z), np.arange(len(rows.X))))
    if settings.penalty == 0:
        return loss
    return loss + settings.penalty * measured_gap(encoder, rows, settings)


def measured_gap(encoder, rows, settings, *, most=MEASURED):
    """Divergence of the groups.

    Parameters
    ----------
    encoder : torch.nn.Module
        On the device of the rows.
    rows : Rows
        The rows to look at.
    settings : Settings
        With ``divergence``, and ``seed`` for the choice of rows.
    most : int
        Rows to take where there are more: the same share of each group, and at least
        AT_LEAST of each.

    Returns
    -------
    gap : float
    """
    torch = load_torch()
    encoder.eval()
    rng = np.random.RandomState(settings.seed)
    share = min(1.0, most / len(rows.X))
    chosen = np.concatenate(
        [
            rng.permutation(members)[: max(AT_LEAST, round(share * len(members)))]
            for members in rows.members
        ]
    )
    with torch.no_grad():
        return float(rows.gap(encoder(rows.X[chosen]), chosen, settings.divergence))


def _tell(settings, epoch, curves, *, last):
    """One line an epoch; in a terminal one line that is written over."""
    if not settings.verbose:
        return
    done = (epoch + 1) / settings.max_iter
    values = ", ".join(
        f"{name} {curve[-1]:.4g}" for name, curve in curves.items() if curve
    )
    line = f"Epoch {epoch + 1}/{settings.max_iter}: {values}"
    if sys.stdout.isatty():
        bar = "#" * round(20 * done)
        end = "\n" if last or done == 1 else ""
        sys.stdout.write(f"\r[{bar:<20}] {line}{end}")
    else:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
