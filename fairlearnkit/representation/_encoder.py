"""An encoder learned on several tasks, with a penalty on differences between groups."""

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
from fairlearnkit._data.groups import MISSING_POLICIES, read_groups
from fairlearnkit._data.interpolation import check_categories
from fairlearnkit._data.lazy_rows import refuse_lazy
from fairlearnkit._data.targets import check_weight_sum
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    HasMethods,
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    all_or_nothing,
)

from ._heads import (
    fit_linear_heads,
    predict_task,
    probabilities,
    split_scores,
    stack_predictions,
)
from ._networks import (
    layer_arrays,
    linear_arrays,
    module_factory,
    transform_by_layers,
    transform_by_module,
)
from ._rows import TensorRows
from ._sampling import split_validation
from ._settings import read_device, read_settings
from ._targets import check_observed, moments, read_tasks
from ._torch import load_torch
from ._training import train

# Standard deviation, relative to the mean, up to which a feature counts as constant in
# training: rounding of its mean. Doubled, so do features that vary in the 12th digit.
CONSTANT_RTOL = 1e-12


class ParityEncoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, DocumentedMixin, BaseEstimator
):
    r"""Learn features for several tasks, with a penalty on differences between groups.

    An encoder h and linear heads for T tasks are trained together on

    .. math:: \frac{1}{T} \sum_t \text{loss}_t + \text{penalty} \cdot
              \frac{1}{G} \sum_g D(h(X) \mid g, \; h(X) \mid \text{not } g)

    where D is a divergence between the distributions of the features in group g and in
    all others together; for two groups the mean is their divergence. A new task is then
    solved by a linear model of the features (`fit_heads`, or any estimator after this
    one in a Pipeline). Groups are needed at fit only. PyTorch has to be installed
    (``pip install 'fairlearnkit[torch]'``).

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(64,)
        Number of units of the hidden layers, with ReLU.
    n_components : int, default=16
        Number of features; ignored if `module` is given.
    divergence : {"mmd", "sinkhorn", "mean"}, default="mmd"
        "mmd": squared maximum mean discrepancy with a Gaussian kernel, unbiased.
        "sinkhorn": Sinkhorn divergence with squared Euclidean cost. "mean": squared
        distance of the means, which hides the group from linear models only.
    penalty : float, default=1.0
        Weight of the mean of D. 0 gives an ordinary network with several heads.
    bandwidth : "median", float or sequence of float, default="median"
        For "mmd": standard deviation of the kernel, between 0.001 and 1000; with
        several, their kernels are averaged. The unit is the root mean squared distance
        of the features from their mean (see Notes). "median" is the median distance of
        pairs of rows, in each batch.
    blur : float, default=1.0
        For "sinkhorn": standard deviation of the Gaussian that blurs the transport, in
        the same unit, between 0.01 and 10; eps = 2 blur^2. A small blur sees finer
        differences, needs more rows and takes longer. With the smallest values, the
        divergence stops after 1,000 iterations, a few percent short of its limit. With
        a large blur, only the means count.
    task : str or sequence of str, default="auto"
        "classification" or "regression", for all columns of y or for each; "auto" takes
        whole numbers and labels for classes, and other numbers for a regression.
    module : torch.nn.Module, default=None
        Another encoder, from (n_samples, n_features) to (n_samples, n_components). A
        copy is trained, starting from its weights.
    batch_size : int or "auto", default="auto"
        Number of rows in a batch, each with the groups in their overall shares; "auto"
        is a tenth of the rows, but at least 64 and at most 512.
    max_iter : int, default=50
        Largest number of epochs.
    learning_rate : float, default=0.005
        Initial learning rate of Adam; it falls linearly to 0.
    early_stopping : bool, default=False
        Whether to hold out rows and to measure loss + penalty D on them after each
        epoch. Training stops after 10 epochs without improvement, and the best encoder
        is kept.
    validation_fraction : float, default=0.1
        Share of the rows of each group that are held out.
    device : str, default="auto"
        "cpu", "cuda", ... to train on; "auto" uses a GPU if there is one. The fitted
        encoder is on the CPU.
    missing : {"error", "group", "ignore"}, default="error"
        What to do with rows whose sensitive feature is missing: raise an error, treat
        them as a group of their own, or leave them out of the divergence.
    random_state : int, RandomState instance or None, default=None
        For the initial weights, the batches and the rows that are held out.
    verbose : int, default=0
        0 prints nothing, 1 some ten lines about the progress, 2 a line for each epoch.

    Attributes
    ----------
    coefs_ : list of ndarray or None
        Weights of each layer, (n_inputs, n_outputs); None if `module` was given.
    intercepts_ : list of ndarray or None
        Biases of each layer.
    module_ : torch.nn.Module or None
        The trained copy of `module`, on the CPU.
    head_coef_ : ndarray of shape (n_components, n_outputs)
        Weights of the heads: one column for a regression or two classes, and one for
        each class otherwise.
    head_intercept_ : ndarray of shape (n_outputs,)
        Biases of the heads.
    classes_ : ndarray, list of ndarray or None
        Classes of the task, None for a regression; a list if y has two dimensions.
    loss_curve_ : list of float
        Mean loss of the tasks in each epoch (log loss; squared error of targets scaled
        to variance 1). With early stopping it includes the epochs after the best one.
    gap_curve_ : list of float
        D after each epoch, on a sample of about 1,024 training rows.
    validation_curve_ : list of float
        Loss + penalty D on the rows held out, with early stopping.
    gap_ : float
        D of the encoder that is kept, on a sample of about 4,096 training rows.
        Negative values of "mmd" are noise around 0.
    n_components_ : int
        Number of features.
    n_iter_ : int
        Number of epochs.
    groups_ : ndarray
        Group labels.
    group_counts_ : ndarray
        Number of rows in each group.
    n_features_in_ : int
        Number of features of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if X had string column names.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    ValueError
        If sensitive features are not given or hold a single group; if targets or groups
        have another length than X; if a task has a single class or no rows; if training
        diverges; if `module` does not return a table of features.

    Warns
    -----
    SmallGroupWarning
        If a group has fewer than 10 rows.

    See Also
    --------
    fairlearnkit.metrics.group_predictability : How well a model recovers the groups.
    fairlearnkit.preprocessing.ParityProjection : The linear counterpart, exact.

    Notes
    -----
    What agrees after training depends on the divergence: with "mean", the means of the
    features, so that linear heads have equal mean scores, and nothing else; with "mmd",
    the distributions at the scale of the bandwidth; with "sinkhorn", at the scale of
    the blur. Differences that are much finer contribute little to D and remain. Linear
    heads hardly see them, other models do. On Adult
    (``examples/papers/transfer.py``), a linear model recovers the sex from the features
    of test rows with an AUC of 0.52 to 0.61 (0.85 without penalty), but boosted trees
    with 0.88, whatever the divergence, and as without penalty. A small D does
    not imply equal rates of decisions either. Measure both on rows that were not
    trained on.

    The objective is not convex. Adam runs for at most `max_iter` epochs, its result has
    no certificate of optimality, and another `random_state` gives other features.
    `gap_` is the divergence reached on the training rows.

    D is computed after a linear map that gives the features of a batch the covariance
    I / n_components (up to a ridge of 0.001 of their mean variance). Linear heads can
    undo any linear map; without this one, the encoder could hide the groups in
    directions of little variance, from which heads could read them again.

    The default encoder scales X to mean 0 and variance 1, which is absorbed into its
    first layer. A feature that is constant in training has no weight, whatever its
    value later. The encoder is kept as plain arrays: `transform` and `predict` do not
    need PyTorch, and a pickle can be loaded where PyTorch is not installed.

    The fitted encoder keeps weights, curves, and the labels of groups and classes, but
    no rows of X or y. As for any network, something about single rows may still be
    inferred from the weights.

    Results are reproducible for a `random_state` on one machine, but not between
    machines. Fits in threads of one process wait for one another, since the random
    numbers of PyTorch are those of the process. Sample weights count in losses and
    divergences; they do not change how rows are distributed over batches, so that a
    weight of 2 is equivalent to repeating the row on average only.

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

    # With metadata routing, fit requests the groups without set_fit_request.
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
        refuse_lazy(
            "Training draws batches from all rows: fit the encoder on a sample in "
            "memory, such as df.sample(frac=0.1).compute(), and transform the rest by "
            "X.map_partitions(encoder.transform), or X.map_blocks.",
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        check_alignment(
            X=X,
            y=y,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
        )
        X = self._validated(X, reset=True)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_weight_sum(weight)
        tasks, is_1d = read_tasks(y, self.task, len(X), weight)
        groups = read_groups(sensitive_features, n_samples=len(X), missing=self.missing)
        check_categories(groups)
        group_shares(groups, weight)  # warns of small groups, refuses empty ones
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        kept, held_out = np.flatnonzero(weight > 0), None
        if self.early_stopping:
            fraction = self.validation_fraction
            kept, held_out = split_validation(groups, weight, fraction, seed)
        check_observed(tasks, kept)
        heads = self._train(X, tasks, groups, weight, kept, held_out, seed)
        self._store_heads(heads, tasks, is_1d)
        self.n_components_ = len(self.head_coef_)
        self.groups_, self.group_counts_ = groups.labels, groups.counts
        return self

    def _train(self, X, tasks, groups, weight, kept, held_out, seed):
        """Train on the rows kept, store encoder and curves, and return the heads."""
        center, scale = self._input_scaling(X[kept], weight[kept])
        device = read_device(self.device)

        def tensor_rows(rows):
            return TensorRows(
                (X[rows] - center) / scale,
                [task.take(rows) for task in tasks],
                groups.codes[rows],
                weight[rows],
                device,
            )

        encoder, heads, curves, self.gap_ = train(
            module_factory(
                self.module, X.shape[1], self.hidden_layer_sizes, self.n_components
            ),
            tensor_rows(kept),
            None if held_out is None else tensor_rows(held_out),
            read_settings(self, len(kept), device, seed),
        )
        self.loss_curve_, self.gap_curve_ = curves["loss"], curves["gap"]
        self.validation_curve_ = curves["validation"]
        self.n_iter_ = len(self.loss_curve_)
        self.module_, self.coefs_, self.intercepts_ = encoder, None, None
        if self.module is None:
            self.module_ = None
            self.coefs_, self.intercepts_ = layer_arrays(encoder, center, scale)
        return linear_arrays(heads)

    def _input_scaling(self, X, weight):
        """Mean and standard deviation of X; 0 and 1 for a user's module."""
        if self.module is not None:
            return np.zeros(X.shape[1]), np.ones(X.shape[1])
        share = weight / weight.sum()
        center, scale = moments(X.astype(np.float64, copy=False), share)
        # The network learns nothing about constant features: they get the weight 0.
        scale[scale <= CONSTANT_RTOL * np.abs(center)] = np.inf
        return center, scale

    def transform(self, X):
        """Compute the features of new rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_components)
            Of dtype float32 if X is float32, and float64 otherwise.
        """
        return self._features(X)

    def _features(self, X):
        """The same as `transform`, but always an array, whatever set_output says."""
        check_is_fitted(self)
        check_collected("X", X)
        X = self._validated(X, reset=False)
        if self.module_ is not None:
            return transform_by_module(X, self.module_, self.n_components_)
        return transform_by_layers(X, self.coefs_, self.intercepts_)

    def predict(self, X):
        """Predict the tasks with the heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_tasks)
            Classes and numbers, in the shape that y had in fit; of dtype object if
            tasks with text and others are mixed.
        """
        parts = split_scores(self._scores(X), self._tasks)
        columns = [predict_task(part, task) for part, task in zip(parts, self._tasks)]
        return columns[0] if self._is_1d else stack_predictions(columns)

    def predict_proba(self, X):
        """Predict the probabilities of the classes with the heads.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or list of ndarray
            A list with one array for each task, if y had two dimensions in fit.

        Raises
        ------
        ValueError
            If a task is a regression.
        """
        check_is_fitted(self)
        if any(task.classes is None for task in self._tasks):
            msg = (
                "predict_proba is not available: a task is a regression, for which "
                "classes_ is None. Use predict."
            )
            raise ValueError(msg)
        parts = split_scores(self._scores(X), self._tasks)
        by_task = [probabilities(part) for part in parts]
        return by_task[0] if self._is_1d else by_task

    def _scores(self, X):
        """Scores of all heads, of shape (n_samples, n_outputs)."""
        return self._features(X) @ self.head_coef_ + self.head_intercept_

    @all_or_nothing
    def fit_heads(self, X, y, *, task=None, sample_weight=None):
        """Fit heads for new tasks, and leave the encoder as it is.

        The heads are those of ``LogisticRegression`` and ``Ridge`` on the features,
        scaled to variance 1. They replace the heads of the tasks before: `predict` and
        `classes_` are then those of the new tasks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Targets, as in `fit`.
        task : str or sequence of str, default=None
            Like the parameter `task` of the encoder. None takes the value of that
            parameter if it is a string, and "auto" otherwise.
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
        tasks, is_1d = read_tasks(y, task, len(Z), weight)
        self._store_heads(fit_linear_heads(Z, tasks, weight), tasks, is_1d)
        return self

    def _store_heads(self, heads, tasks, is_1d):
        self.head_coef_, self.head_intercept_ = heads
        self._tasks = [task.take([]) for task in tasks]  # without the targets
        self._is_1d = is_1d
        classes = [task.classes for task in tasks]
        self.classes_ = classes[0] if is_1d else classes

    @all_or_nothing
    def fit_transform(self, X, y=None, *, sensitive_features=None, sample_weight=None):
        """Train, then compute the features of the training rows.

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

    def _validated(self, X, *, reset):
        refuse_lazy(
            "Fit the encoder on a sample in memory, and transform the rest partition "
            "by partition: X.map_partitions(encoder.transform), or X.map_blocks.",
            X=X,
        )
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
