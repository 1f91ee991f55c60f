"""An encoder whose features carry no group, learned on several tasks."""

import copy
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fairlearnkit._data.alignment import check_alignment
from fairlearnkit._data.containers import check_collected
from fairlearnkit._data.counts import group_shares
from fairlearnkit._data.groups import MISSING_POLICIES, check_categories, read_groups
from fairlearnkit._data.targets import check_weight_sum
from fairlearnkit.representation import _divergences
from fairlearnkit.utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    all_or_nothing,
)

from ._heads import (
    decide,
    linear_heads,
    probabilities,
    side_by_side,
)
from ._targets import moments, read_tasks
from ._torch import load_torch
from ._training import (
    Rows,
    Settings,
    default_module,
    train,
)

# batch_size="auto": about ten batches an epoch, within these limits.
BATCHES, SMALLEST, LARGEST = 10, 64, 512
# Rows that a module transforms at a time.
BLOCK = 8192


class ParityEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Learn features on which tasks can be solved, and groups not be told apart.

    An encoder h and linear heads of T tasks are trained together on

    .. math:: \frac{1}{T} \sum_t \text{loss}_t + \text{penalty} \cdot
              \frac{1}{G} \sum_g D(h(X) \mid g, \; h(X) \mid \text{not } g)

    with D a divergence between the laws of the features in group g and in the others
    together; of two groups the mean is D of the one and the other. A new task is then
    solved by a linear model of the features (`fit_heads`, or any estimator after this
    one in a Pipeline). Groups are needed at fit only. Needs PyTorch
    (``pip install 'fairlearnkit[torch]'``).

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(64,)
        Units of the hidden layers, with ReLU.
    n_components : int, default=16
        Number of features; not looked at if `module` is given.
    divergence : {"mmd", "sinkhorn", "mean"}, default="mmd"
        "mmd": squared maximum mean discrepancy with a Gaussian kernel, unbiased.
        "sinkhorn": Sinkhorn divergence with squared Euclidean cost. "mean": squared
        distance of the means, which hides the group from linear models only.
    penalty : float, default=1.0
        Weight of the mean of D. 0 is a plain network with several heads.
    bandwidth : "median", float or sequence of float, default="median"
        Standard deviation of the kernel of "mmd", between 0.001 and 1000; the kernels
        of several are averaged. In units in which the features are at a root mean
        squared distance of 1 from their mean (see Notes). "median" is the median
        distance of pairs of rows, in each batch.
    blur : float, default=1.0
        Of "sinkhorn", in the same unit, between 0.01 and 10: the standard deviation of
        a Gaussian, eps = 2 blur^2. Small ones see more, need more rows and take
        longer, and the smallest stop some per cent short of it, after 1,000
        iterations; large ones see the means only.
    task : str or sequence of str, default="auto"
        "classification" or "regression", of all columns of y or of each; "auto" takes
        whole numbers and labels for classes, other numbers for a regression.
    module : torch.nn.Module, default=None
        Another encoder, from (n_samples, n_features) to (n_samples, n_components). A
        copy is trained, from the weights that it has.
    batch_size : int or "auto", default="auto"
        Rows in a batch, each with the groups in their overall shares; "auto" is a
        tenth of the rows, and at least 64 and at most 512.
    max_iter : int, default=50
        Epochs.
    learning_rate : float, default=0.005
        Of Adam at the start; it falls linearly to 0.
    early_stopping : bool, default=False
        Whether rows are held out, on which loss + penalty D is measured after each
        epoch; training stops after 10 without a better one, and the best is kept.
    validation_fraction : float, default=0.1
        Share of the rows held out, in each group.
    device : str, default="auto"
        "cpu", "cuda", ... to train on; "auto" is a GPU where there is one. The fitted
        encoder is on the CPU.
    missing : {"error", "group", "ignore"}, default="error"
        Rows with a missing sensitive feature: refused, a group of their own, or left
        out of the divergence.
    random_state : int, RandomState instance or None, default=None
        For weights at the start, batches and rows held out.
    verbose : int, default=0
        1 tells of each epoch.

    Attributes
    ----------
    coefs_ : list of ndarray or None
        Weights of each layer, (n_inputs, n_outputs); None if `module` was given.
    intercepts_ : list of ndarray or None
        Biases of each layer.
    module_ : torch.nn.Module or None
        The trained copy of `module`, on the CPU.
    head_coef_ : ndarray of shape (n_components, n_outputs)
        Weights of the heads: one column for a regression task or two classes, and one
        for each class otherwise.
    head_intercept_ : ndarray of shape (n_outputs,)
        Their biases.
    classes_ : ndarray, list of ndarray or None
        Classes of the task, None for a regression; a list for y of two dimensions.
    loss_curve_ : list of float
        Mean loss of the tasks in each epoch (log loss; squared error of targets scaled
        to variance 1). With early stopping the epochs after the best are there too.
    gap_curve_ : list of float
        D after each epoch, on at most some 1,024 training rows.
    validation_curve_ : list of float
        Loss + penalty D of the rows held out, with early stopping.
    gap_ : float
        D of the encoder that is kept, on at most some 4,096 training rows. Negative
        values of "mmd" are noise around 0.
    n_components_ : int
        Number of features.
    n_iter_ : int
        Epochs done.
    groups_ : ndarray
        Group labels.
    group_counts_ : ndarray
        Rows of each group.
    n_features_in_ : int
        Number of features of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names, where X had string column names.

    Raises
    ------
    ImportError
        PyTorch is not installed.
    ValueError
        No sensitive features, targets or groups of another length than X, one group, a
        task with one class or without rows, training that diverges, a module of
        another shape.

    Warns
    -----
    SmallGroupWarning
        Fewer than 10 rows in a group.

    See Also
    --------
    fairlearnkit.metrics.group_predictability : What a model recovers of the groups.
    fairlearnkit.preprocessing.ParityProjection : The linear counterpart, exact.

    Notes
    -----
    D is taken after a linear map that gives the features of a batch the covariance
    I / n_components (but for a ridge of 0.001 of their mean variance). Heads are
    linear and can undo any linear map; without it an encoder can hide the groups in
    directions of little variance, from which heads read them again.

    The default encoder takes X to mean 0 and variance 1 first, by its first layer; a
    feature that is constant in training has no weight, whatever it is later. It is kept
    as plain arrays: `transform` and `predict` need no PyTorch, and a pickle of it can
    be read where there is none.

    A small D does not promise equal rates, nor that no model recovers the groups:
    boosted trees find traces that the divergence of a batch does not see. Measure
    both, on rows that were not trained on. Results repeat for a `random_state` on one
    machine, not between machines. Weights count in losses and divergences; how rows
    fall into batches does not depend on them, so that weight 2 is a row twice on
    average only.

    References
    ----------
    Oneto, Donini, Luise, Ciliberto, Maurer, Pontil: Exploiting MMD and Sinkhorn
    Divergences for Fair and Transferable Representation Learning. NeurIPS 2020.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_classification
    >>> from fairlearnkit.representation import ParityEncoder
    >>> X, y, group = make_biased_classification(1000, random_state=0)
    >>> encoder = ParityEncoder(n_components=4, max_iter=20, random_state=0)
    >>> Z = encoder.fit_transform(X, y, sensitive_features=group)
    >>> Z.shape, encoder.gap_ < 0.05
    ((1000, 4), True)
    """

    # With routing on, fit asks for the groups without anything being set.
    __metadata_request__fit = {"sensitive_features": True}  # noqa: RUF012

    _parameter_constraints: dict = {  # noqa: RUF012
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "divergence": [StrOptions({"mmd", "sinkhorn", "mean"})],
        "penalty": [Interval(Real, 0, 1e6, closed="both")],
        "bandwidth": [
            StrOptions({"median"}),
            Interval(Real, 1e-3, 1e3, closed="both"),
            "array-like",
        ],
        "blur": [Interval(Real, 0.01, 10, closed="both")],
        "task": [str, "array-like"],
        "module": [HasMethods(["forward", "parameters"]), None],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "device": [str],
        "missing": [StrOptions(set(MISSING_POLICIES))],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        hidden_layer_sizes=(64,),
        n_components=16,
        *,
        divergence="mmd",
        penalty=1.0,
        bandwidth="median",
        blur=1.0,
        task="auto",
        module=None,
        batch_size="auto",
        max_iter=50,
        learning_rate=0.005,
        early_stopping=False,
        validation_fraction=0.1,
        device="auto",
        missing="error",
        random_state=None,
        verbose=0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.n_components = n_components
        self.divergence = divergence
        self.penalty = penalty
        self.bandwidth = bandwidth
        self.blur = blur
        self.task = task
        self.module = module
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.device = device
        self.missing = missing
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Train the encoder and the heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets of the tasks, classes and numbers mixed; NaN or None where a task
            is not observed for a row. Required.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the losses and in the divergence.

        Returns
        -------
        self : object
            The fitted encoder.
        """
        load_torch()
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        X = self._checked(X, reset=True)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        targets = read_tasks(y, self.task, len(X), weight)
        groups = read_groups(sensitive_features, n_samples=len(X), missing=self.missing)
        check_categories(groups)
        group_shares(groups, weight)  # tells of groups that are small or weigh nothing
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        kept, held_out = self._split(groups, weight, seed)
        self._train(X, targets, groups, weight, kept, held_out, seed)
        self.groups_, self.group_counts_ = groups.labels, groups.counts
        return self

    def _split(self, groups, weight, seed):
        """Rows to learn from and rows to stop by, of positive weight."""
        used = np.flatnonzero(weight > 0)
        if not self.early_stopping:
            return used, None
        rng = np.random.RandomState(seed)
        held_out = []
        for g in np.unique(groups.codes[used]):
            rows = rng.permutation(used[groups.codes[used] == g])
            size = round(self.validation_fraction * len(rows))
            if g >= 0 and not 0 < (size := max(1, size)) < len(rows):
                label = groups.labels.tolist()[g]
                msg = (
                    "early_stopping=True holds out rows of every group, and "
                    f"{label!r} has {len(rows)}: merge groups, or do without."
                )
                raise ValueError(msg)
            held_out.append(rows[:size])
        held_out = np.concatenate(held_out)
        return np.setdiff1d(used, held_out), held_out

    def _train(self, X, targets, groups, weight, kept, held_out, seed):
        tasks, _ = targets
        for task in tasks:
            if not task.observed[kept].any():
                msg = (
                    f"{task.name} is observed in {task.observed.sum()} rows, and "
                    "early_stopping=True holds out all of them: do without, or leave "
                    "the task out."
                )
                raise ValueError(msg)
        center, scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
        if self.module is None:
            share = weight[kept] / weight[kept].sum()
            center, scale = moments(X[kept].astype(np.float64, copy=False), share)
            scale[scale <= 1e-12 * np.abs(center)] = np.inf  # nothing was learned of it
        device = self._device()

        def rows_of(chosen):
            return Rows(
                (X[chosen] - center) / scale,
                [task.of(chosen) for task in tasks],
                groups.codes[chosen],
                weight[chosen],
                device,
            )

        encoder, heads, curves, self.gap_ = train(
            self._make_module(X.shape[1]),
            rows_of(kept),
            None if held_out is None else rows_of(held_out),
            self._settings(len(kept), device, seed),
        )
        self.loss_curve_, self.gap_curve_ = curves["loss"], curves["gap"]
        self.validation_curve_ = curves["validation"]
        self.n_iter_ = len(self.loss_curve_)
        self.module_, self.coefs_, self.intercepts_ = encoder, None, None
        if self.module is None:
            self.module_ = None
            self.coefs_, self.intercepts_ = _layers(encoder, center, scale)
        self._store_heads(_arrays(heads), targets)
        self.n_components_ = len(self.head_coef_)

    def _settings(self, n_rows, device, seed):
        size = self.batch_size
        if size == "auto":
            size = int(np.clip(n_rows // BATCHES, SMALLEST, LARGEST))
        sinkhorn = partial(_divergences.sinkhorn_divergence, blur=self.blur)
        bandwidths = self._bandwidths()
        divergences = {
            "mmd": partial(_divergences.mmd2_by_group, bandwidths=bandwidths),
            "sinkhorn": partial(_divergences.by_group, sinkhorn),
            "mean": partial(_divergences.by_group, _divergences.mean_difference),
        }
        return Settings(
            divergence=divergences[self.divergence],
            penalty=self.penalty,
            batch_size=size,
            max_iter=self.max_iter,
            learning_rate=self.learning_rate,
            seed=seed,
            device=device,
            verbose=self.verbose,
        )

    def _bandwidths(self):
        if isinstance(self.bandwidth, str):
            return None
        widths = np.atleast_1d(self.bandwidth).tolist()
        real = all(isinstance(w, Real) and 1e-3 <= w <= 1e3 for w in widths)
        if not widths or not real:
            msg = (
                f"bandwidth={self.bandwidth!r} must be 'median', a number between "
                "0.001 and 1000 or a sequence of them."
            )
            raise ValueError(msg)
        return widths

    def _make_module(self, n_features):
        if self.module is not None:
            if not isinstance(self.module, load_torch().nn.Module):
                msg = f"module={self.module!r} is no instance of torch.nn.Module."
                raise ValueError(msg)
            return partial(copy.deepcopy, self.module)
        sizes = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if any(not isinstance(size, Integral) or size < 1 for size in sizes):
            msg = (
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} must hold positive "
                "integers; () is a linear encoder."
            )
            raise ValueError(msg)
        return partial(default_module, n_features, sizes, self.n_components)

    def _device(self):
        torch = load_torch()
        if self.device == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        try:
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError) as error:
            told = str(error).partition("\n")[0]
            msg = f"device={self.device!r} cannot be used here ({told}); take 'auto'."
            raise ValueError(msg) from error
        return self.device

    def transform(self, X):
        """The features of new rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            In float32 for X in float32, in float64 otherwise.
        """
        return self._features(X)

    def _features(self, X):
        """What transform returns, whatever set_output makes of it."""
        check_is_fitted(self)
        check_collected("X", X)
        X = self._checked(X, reset=False)
        if self.module_ is not None:
            return self._by_module(X)
        Z = X.astype(np.float64, copy=False)
        for k, (coef, intercept) in enumerate(zip(self.coefs_, self.intercepts_)):
            Z = (np.maximum(Z, 0.0) if k else Z) @ coef + intercept
        return Z.astype(X.dtype, copy=False)

    def _by_module(self, X):
        torch = load_torch()
        Z = np.empty((len(X), self.n_components_), dtype=X.dtype)
        with torch.no_grad():
            for start in range(0, len(X), BLOCK):
                rows = slice(start, start + BLOCK)
                block = torch.tensor(X[rows], dtype=torch.float32, device="cpu")
                Z[rows] = self.module_(block).numpy()
        return Z

    def predict(self, X):
        """Predict the tasks by the heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Classes and numbers, in the shape that y had in fit; of dtype object where
            tasks with text and others are mixed.
        """
        columns = [
            decide(part, task) for part, task in zip(self._scores(X), self._tasks)
        ]
        return columns[0] if self._single else side_by_side(columns)

    def predict_proba(self, X):
        """Probabilities of the classes by the heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or list of ndarray
            A list, one array for each task, if y had two dimensions in fit.

        Raises
        ------
        ValueError
            A task is a regression.
        """
        check_is_fitted(self)
        if any(task.classes is None for task in self._tasks):
            msg = (
                "predict_proba is of classes, and a task here is a regression; see "
                "classes_, and take predict."
            )
            raise ValueError(msg)
        found = [probabilities(part) for part in self._scores(X)]
        return found[0] if self._single else found

    def _scores(self, X):
        """Scores of each task."""
        scores = self._features(X) @ self.head_coef_ + self.head_intercept_
        widths = [task.n_outputs for task in self._tasks]
        return np.split(scores, np.cumsum(widths)[:-1], axis=1)

    @all_or_nothing
    def fit_heads(self, X, y, *, task=None, sample_weight=None):
        """Take new tasks: fit their heads, and leave the encoder as it is.

        The heads are those of ``LogisticRegression`` and ``Ridge`` on the features,
        scaled to variance 1. `predict` and `classes_` are then of these tasks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets, as in `fit`.
        task : str or sequence of str, default=None
            As the parameter of the class, which None takes if it is one string, and
            "auto" otherwise.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the losses, as in the two models.

        Returns
        -------
        self : object
            The encoder with other heads.
        """
        check_alignment(X=X, y=y, sample_weight=sample_weight)
        Z = self._features(X).astype(np.float64)
        weight = _check_sample_weight(sample_weight, Z, ensure_non_negative=True)
        check_weight_sum(weight)
        if task is None:
            task = self.task if isinstance(self.task, str) else "auto"
        targets = read_tasks(y, task, len(Z), weight)
        heads = linear_heads(Z, targets[0], weight)
        self._store_heads(heads, targets)
        return self

    def _store_heads(self, heads, targets):
        tasks, self._single = targets
        self.head_coef_, self.head_intercept_ = heads
        self._tasks = [task.of([]) for task in tasks]  # no rows are kept
        classes = [task.classes for task in tasks]
        self.classes_ = classes[0] if self._single else classes

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Train, then return the features of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets of the tasks; see `fit`. Required.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Group labels. Required.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the losses and in the divergence.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            The features.
        """
        return self.fit(
            X, y, sensitive_features=sensitive_features, sample_weight=sample_weight
        ).transform(X)

    @property
    def _n_features_out(self):
        return self.n_components_

    def _checked(self, X, *, reset):
        return validate_data(
            self,
            X,
            dtype=[np.float64, np.float32],
            ensure_min_samples=2 if reset else 1,
            reset=reset,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _arrays(linear):
    """Weights (n_inputs, n_outputs) and biases of a linear layer, in float64."""
    weight, bias = (p.detach().numpy().astype(np.float64) for p in linear.parameters())
    return weight.T.copy(), bias


def _layers(encoder, center, scale):
    """Weights and biases of each layer; the first takes X as it comes."""
    layers = [_arrays(layer) for layer in encoder if hasattr(layer, "weight")]
    coefs, intercepts = (list(each) for each in zip(*layers))
    coefs[0] = coefs[0] / scale[:, None]
    intercepts[0] = intercepts[0] - center @ coefs[0]
    return coefs, intercepts
