"""Training of an encoder and linear heads on losses plus penalty times divergence."""

import copy
from contextlib import contextmanager, nullcontext
from threading import Lock

import numpy as np

from fairlearnkit._data.progress import Progress

from ._networks import output_width
from ._rows import DIVERGED
from ._sampling import rows_per_group, stratified_batches, stratified_sample
from ._torch import load_torch

# Rows on which the divergence is measured after each epoch, and at the end. It compares
# all pairs of rows: a kernel matrix of 1024 rows takes 4 MB in float32, and one of 4096
# takes 64 MB. Doubled, memory and time are four times as much.
EPOCH_SAMPLE_SIZE, FINAL_SAMPLE_SIZE = 1024, 4096
# Epochs without a better loss on the rows held out before training stops, the
# `n_iter_no_change` of MLPClassifier. Doubled, training goes on 10 epochs longer.
PATIENCE = 10
# Least learning rate, as a share of the first one. The linear decay reaches it in the
# last 1 per cent of the steps, and would otherwise end at 0; doubled, in the last 2.
FINAL_RATE = 0.01
# Held while an encoder is trained: initial weights, and dropout of a user's module, are
# drawn from the random numbers of the process, which other threads would draw from too.
_RANDOM = Lock()


def train(make_module, rows, held_out, settings):
    """Train an encoder with linear heads.

    Parameters
    ----------
    make_module : callable
        Makes the encoder. It is called after the random numbers are seeded.
    rows : TensorRows
        Rows to learn from.
    held_out : TensorRows or None
        Rows for early stopping.
    settings : Settings
        Settings of training.

    Returns
    -------
    encoder, heads : torch.nn.Module
        On the CPU, in evaluation mode.
    curves : dict of list
        "loss", "gap" and, with rows held out, "validation": one value an epoch.
    divergence : float
        Divergence of the groups in the training rows at the end.
    """
    torch = load_torch()
    device = torch.device(settings.device)
    gpus = [device] if device.type == "cuda" else []
    with _RANDOM, torch.random.fork_rng(devices=gpus), with_gradients():
        torch.manual_seed(settings.seed)
        n_outputs = sum(task.n_outputs for task in rows.tasks)
        # As a default device, even the CPU slows down what runs within.
        with torch.device("cpu"):
            encoder = make_module().to(device, torch.float32)
            n_components = output_width(encoder, rows.X)
            heads = torch.nn.Linear(n_components, n_outputs).to(device, torch.float32)
        curves = _Training(encoder, heads, rows, held_out, settings).run()
        divergence = measured_divergence(encoder, rows, settings, FINAL_SAMPLE_SIZE)
    return encoder.cpu().eval(), heads.cpu().eval(), curves, divergence


@contextmanager
def with_gradients():
    """Enable gradients, whatever the caller has set for all of PyTorch."""
    torch = load_torch()
    with torch.inference_mode(False), torch.enable_grad():
        yield


class _Training:
    """State of training: the networks, the optimiser and the curves.

    Adam (Kingma, Ba: ICLR 2015) on batches that hold all groups, with a learning rate
    that falls linearly. The objective is not convex: the result depends on the seed and
    is not certified.

    Parameters are those of `train`; ``heads`` is a linear layer.
    """

    def __init__(self, encoder, heads, rows, held_out, settings):
        torch = load_torch()
        self.encoder, self.heads = encoder, heads
        self.rows, self.held_out, self.settings = rows, held_out, settings
        self.rng = np.random.RandomState(settings.seed)
        self.n_batches = int(np.ceil(len(rows.X) / settings.batch_size))
        # Without a penalty no row is drawn twice: that is an ordinary network.
        self.min_group_rows = 0
        if settings.penalty > 0:
            n_groups = len(rows.members)
            self.min_group_rows = rows_per_group(settings.batch_size, n_groups)
        parameters = [*encoder.parameters(), *heads.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate)
        total = settings.max_iter * self.n_batches
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: max(1.0 - step / total, FINAL_RATE)
        )
        self.curves = {"loss": [], "gap": [], "validation": []}
        self.best = _BestState(encoder, heads)

    def run(self):
        """Train for `max_iter` epochs or until early stopping; returns the curves."""
        max_iter = self.settings.max_iter
        progress = Progress("ParityEncoder", self.settings.verbose)
        for epoch in range(max_iter):
            self._record(self._epoch())
            stop = self.held_out is not None and self.best.since == PATIENCE
            values = {name: curve[-1] for name, curve in self.curves.items() if curve}
            progress("epoch", epoch + 1, max_iter, last=stop, **values)
            if stop:
                break
        self.best.restore()
        return self.curves

    def _epoch(self):
        """Mean loss of the tasks over all batches, each before its step."""
        self.encoder.train()
        total = 0.0
        batches = stratified_batches(
            self.rows, self.n_batches, self.min_group_rows, self.rng
        )
        for batch, with_extra in batches:
            total += len(batch) * self._step(batch, with_extra)
        return total / len(self.rows.X)

    def _step(self, batch, with_extra):
        """One step of the optimiser; the loss of the tasks before it."""
        settings = self.settings
        Z = self.encoder(self.rows.X[with_extra])
        loss = self.rows.task_loss(self.heads(Z[: len(batch)]), batch)
        objective = loss
        if settings.penalty > 0:
            divergence = self.rows.divergence(Z, with_extra, settings.divergence)
            objective = loss + settings.penalty * divergence
        self.optimizer.zero_grad()
        objective.backward()
        # The first step makes counters, on the caller's default device unless told.
        started = bool(self.optimizer.state)
        with nullcontext() if started else load_torch().device("cpu"):
            self.optimizer.step()
        self.schedule.step()
        return float(loss.detach())

    def _record(self, loss):
        """Measure after an epoch, and remember the networks if they are the best."""
        divergence = measured_divergence(self.encoder, self.rows, self.settings)
        validation = 0.0
        if self.held_out is not None:
            validation = _objective(
                self.encoder, self.heads, self.held_out, self.settings
            )
            self.curves["validation"].append(validation)
        if not np.isfinite(loss + divergence + validation):
            raise ValueError(DIVERGED)
        self.curves["loss"].append(loss)
        self.curves["gap"].append(divergence)
        if self.held_out is not None:
            self.best.update(validation)


class _BestState:
    """Parameters of some modules at the smallest value of a measure so far.

    Attributes
    ----------
    since : int
        Number of updates since the smallest value.
    """

    def __init__(self, *modules):
        self.modules, self.states = modules, None
        self.value, self.since = np.inf, 0

    def update(self, value):
        """Remember the parameters if the value is smaller than any before."""
        if value < self.value:
            self.states = copy.deepcopy([m.state_dict() for m in self.modules])
            self.value, self.since = value, 0
        else:
            self.since += 1

    def restore(self):
        """Set the parameters that were remembered, if there are any."""
        for module, state in zip(self.modules, self.states or []):
            module.load_state_dict(state)


def _objective(encoder, heads, rows, settings):
    """Loss of all rows plus penalty times their divergence, in evaluation mode."""
    torch = load_torch()
    encoder.eval()
    with torch.no_grad():
        Z = encoder(rows.X.clone())  # a module may write to its input
        loss = float(rows.task_loss(heads(Z), np.arange(len(rows.X))))
    if settings.penalty == 0:
        return loss
    return loss + settings.penalty * measured_divergence(encoder, rows, settings)


def measured_divergence(encoder, rows, settings, size=EPOCH_SAMPLE_SIZE):
    """Divergence of the groups in a sample of the rows, in evaluation mode.

    Parameters
    ----------
    encoder : torch.nn.Module
        The encoder, on the device of the rows.
    rows : TensorRows
        The rows to sample from.
    settings : Settings
        Its ``divergence`` is measured; its ``seed`` determines the sample.
    size : int, default=EPOCH_SAMPLE_SIZE
        See `stratified_sample`.

    Returns
    -------
    divergence : float
    """
    torch = load_torch()
    encoder.eval()
    sample = stratified_sample(rows, size, settings.seed)
    with torch.no_grad():
        Z = encoder(rows.X[sample])
        return float(rows.divergence(Z, sample, settings.divergence))
