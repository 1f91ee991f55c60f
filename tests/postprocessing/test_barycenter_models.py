"""BarycenterRegressor and BarycenterClassifier around models of all kinds."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RepeatedKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    train_test_split,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from fairlearnkit._transport.distances import kolmogorov_smirnov, unfairness
from fairlearnkit._transport.distributions import distributions_by_group
from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import load_communities_crime
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.metrics import (
    ks_gap,
    parity_scorer,
    score_gap,
    wasserstein_unfairness,
)
from fairlearnkit.model_selection import LowestGap
from fairlearnkit.postprocessing import BarycenterClassifier, BarycenterRegressor
from fairlearnkit.preprocessing import BarycenterTransformer


def make(n=600, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.choice(["u", "v", "w"], n, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(n, 4)) + np.outer(group == "w", [1.0, 0.5, 0, 0])
    X[:, 3] *= 1 + (group == "v")
    f = X @ [1.0, -0.5, 0.3, 1.0]
    y = f + 0.5 * rng.normal(size=n)
    return X, y, group, rng.uniform(0.2, 3.0, n)


def moved_by_hand(scores, group, weight, new, kind, strength=1.0):
    """The transformer on a single column of scores."""
    model = BarycenterTransformer(strength).fit(
        scores[:, None], sensitive_features=group, sample_weight=weight
    )
    return model.transform(new[:, None], sensitive_features=kind)[:, 0]


REGRESSORS = {
    "ridge": Ridge(),
    "forest": RandomForestRegressor(20, random_state=0),
    "boosting": HistGradientBoostingRegressor(max_iter=10, max_bins=20),
    "poisson": PoissonRegressor(),
    "pipeline": make_pipeline(StandardScaler(), Ridge()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REGRESSORS)
@pytest.mark.parametrize("weighted", [False, True])
def test_calibrates_out_of_fold_and_refits(name, weighted):
    """By hand: predictions of each fold, the transport of all, a fit on all rows."""
    inner, (X, y, group, weight) = REGRESSORS[name], make()
    new, _, kind, _ = make(200, seed=1)
    y = np.exp(y / 3) if name == "poisson" else y
    takers = ["sample_weight"]
    if name == "pipeline":
        takers = ["standardscaler__sample_weight", "ridge__sample_weight"]
    out = np.empty(len(X))
    for train, test in KFold(3).split(X):
        fit = dict.fromkeys(takers, weight[train]) if weighted else {}
        out[test] = clone(inner).fit(X[train], y[train], **fit).predict(X[test])
    base = clone(inner).fit(X, y, **(dict.fromkeys(takers, weight) if weighted else {}))
    weight = weight if weighted else None
    model = BarycenterRegressor(inner, cv=3, strength=0.8).fit(
        X, y, sensitive_features=group, sample_weight=weight
    )
    f, g = base.predict(new), model.predict(new, sensitive_features=kind)
    expected = moved_by_hand(out, group, weight, f, kind, 0.8)
    assert_allclose(g, expected, rtol=1e-12)
    assert_allclose(model.estimator_.predict(new), f, rtol=1e-14)
    options = {"sensitive_features": group, "sample_weight": weight}
    U = wasserstein_unfairness(None, out, **options)
    assert_allclose(model.unfairness_[0], U, rtol=1e-12)
    assert_allclose(model.unfairness_[1], 0.04 * U, atol=0.02 * U)  # and for atoms
    moved = moved_by_hand(out, group, weight, out, group, 0.8)
    assert_allclose(model.gap_, ks_gap(None, moved, **options), rtol=1e-12)
    _, codes = np.unique(group, return_inverse=True)
    distributions = distributions_by_group(out, codes, 3, weight)
    assert_allclose(unfairness(distributions, model.group_weights_), U, rtol=1e-12)
    atoms = sorted(each.largest_atom() for each in distributions)
    assert_allclose(model.atom_bound_, atoms[-1] + atoms[-2], rtol=1e-12)
    assert np.isnan(model.ks_bound_)
    alone = [
        model.predict(new[[i]], sensitive_features=kind[[i]])[0] for i in range(10)
    ]
    assert_allclose(g[:10], alone, rtol=1e-10)
    kept = clone(model).set_params(strength=0.0)
    kept.fit(X, y, sensitive_features=group, sample_weight=weight)
    assert_array_equal(kept.predict(new, sensitive_features=kind), f)


def test_parity_on_new_data():
    X, y, group, _ = make(4000)
    new, target, kind, _ = make(4000, seed=1)
    options = {"sensitive_features": kind}
    f = Ridge().fit(X, y).predict(new)
    model = BarycenterRegressor(Ridge()).fit(X, y, sensitive_features=group)
    g = model.predict(new, **options)
    assert ks_gap(None, f, **options) > 0.2
    assert ks_gap(None, g, **options) < 0.1
    U = wasserstein_unfairness(None, f, **options)
    rise = np.mean((g - target) ** 2) - np.mean((f - target) ** 2)
    assert 0.5 * U < rise < 1.5 * U  # what parity costs, by theory
    assert model.score(new, target, **options) == r2_score(target, g)


def test_frozen_model_on_unlabelled_rows():
    X, y, group, weight = make()
    frozen = FrozenEstimator(Ridge().fit(X, y))
    new, _, kind, weight = make(500, seed=1)
    model = BarycenterRegressor(frozen).fit(
        new, sensitive_features=kind, sample_weight=weight
    )
    f = frozen.predict(new)
    g = model.predict(new, sensitive_features=kind)
    assert_allclose(g, moved_by_hand(f, kind, weight, f, kind), rtol=1e-12)
    mean = [np.average(z, weights=weight) for z in (f, g)]
    assert_allclose(*mean, atol=1e-10)
    assert model.estimator_ is frozen
    assert not model.__sklearn_tags__().target_tags.required
    bare = BarycenterRegressor(Ridge())
    assert bare.__sklearn_tags__().target_tags.required
    with pytest.raises(ValueError, match="requires y to be passed"):
        bare.fit(X, sensitive_features=group)


@pytest.mark.parametrize("cv", ["generator", "list", "repeated", "n_jobs"])
def test_folds_of_any_kind(cv):
    X, y, group, _ = make()
    splits = {
        "generator": (fold for fold in KFold(3).split(X)),
        "list": list(KFold(3).split(X)),
        "repeated": RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
        "n_jobs": 3,
    }[cv]
    n_jobs = 2 if cv == "n_jobs" else None
    model = BarycenterRegressor(Ridge(), cv=splits, n_jobs=n_jobs)
    with parallel_config("threading"):  # two new processes import for seconds
        model.fit(X, y, sensitive_features=group)
    folds = [*splits.split(X)] if cv == "repeated" else [*KFold(3).split(X)]
    out = [Ridge().fit(X[a], y[a]).predict(X[b]) for a, b in folds]
    kinds = np.concatenate([group[test] for _, test in folds])
    assert model.group_counts_.sum() == len(kinds)
    f = Ridge().fit(X, y).predict(X)
    expected = moved_by_hand(np.concatenate(out), kinds, None, f, group)
    found = model.predict(X, sensitive_features=group)
    assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_weight_two_is_the_row_twice(kind):
    X, y, group, _ = make(300)
    if kind == "classifier":
        y = y > 0
        inner = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        cls, method = BarycenterClassifier, "predict_proba"
    else:
        inner, cls, method = Ridge(), BarycenterRegressor, "predict"
    weight = np.random.default_rng(0).integers(0, 3, 300)
    fold = np.arange(300) % 3
    again = np.repeat(fold, weight)
    pair = []
    for rows, labels, w in (
        (np.arange(300), fold, weight),
        (np.repeat(np.arange(300), weight), again, None),
    ):
        folds = [
            (np.flatnonzero(labels != k), np.flatnonzero(labels == k)) for k in range(3)
        ]
        model = cls(inner, cv=folds).fit(
            X[rows], y[rows], sensitive_features=group[rows], sample_weight=w
        )
        pair.append(getattr(model, method)(X, sensitive_features=group))
    assert_allclose(*pair, rtol=1e-10)


class TakesGroups(RegressorMixin, BaseEstimator):
    """Asks for the groups at fit and at predict."""

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__predict = {"sensitive_features": True}

    def fit(self, X, y, *, sensitive_features):
        self.n_features_in_ = X.shape[1]
        self.means_ = pd.Series(y).groupby(np.asarray(sensitive_features)).mean()
        return self

    def predict(self, X, *, sensitive_features):
        return X[:, 0] + self.means_[np.asarray(sensitive_features)].to_numpy()


def test_groups_reach_the_inner_model():
    X, y, group, _ = make()
    parity = BarycenterRegressor(make_pipeline(StandardScaler(), ParityRidge()))
    parity.fit(X, y, sensitive_features=pd.Series(group))
    f = parity.estimator_.predict(X)
    assert score_gap(None, f, sensitive_features=group) < 1e-12
    assert parity.gap_ < 0.1 < ks_gap(None, f, sensitive_features=group)
    both = BarycenterRegressor(TakesGroups()).fit(X, y, sensitive_features=group)
    inner = TakesGroups().fit(X, y, sensitive_features=group)
    f = inner.predict(X, sensitive_features=group)
    out = np.empty(len(X))
    for train, test in KFold(5).split(X):
        part = clone(inner).fit(X[train], y[train], sensitive_features=group[train])
        out[test] = part.predict(X[test], sensitive_features=group[test])
    assert_allclose(
        both.predict(X, sensitive_features=group),
        moved_by_hand(out, group, None, f, group),
        rtol=1e-12,
    )
    lists = {"old": (X[:, 0] > 0).tolist(), "far": (X[:, 1] > 0).tolist()}
    assert len(parity.fit(X, y, sensitive_features=lists).groups_) == 4


@pytest.mark.slow
@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("kind", ["regressor", "classifier", "transformer"])
def test_grid_search_over_strength_and_the_inner_model(kind, routing):
    X, y, group, _ = make()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(sex=group)
    strengths = [0.0, 0.5, 1.0]
    if kind == "regressor":
        model = make_pipeline(StandardScaler(), BarycenterRegressor(Ridge(), cv=3))
        step, inner = "barycenterregressor", {"estimator__alpha": [0.1, 10.0]}
        score, response = "r2", "predict"
    elif kind == "classifier":
        y = np.where(y > 0, "yes", "no")
        model = make_pipeline(
            StandardScaler(), BarycenterClassifier(LogisticRegression(), cv=2)
        )
        step, inner = "barycenterclassifier", {"estimator__C": [0.1, 10.0]}
        score, response = "accuracy", "predict_proba"
    else:
        model = make_pipeline(BarycenterTransformer(), Ridge())
        step, inner = "barycentertransformer", {"n_quantiles": [None, 50]}
        score, response = "r2", "predict"
    grid = {f"estimator__{step}__strength": strengths} | {
        f"estimator__{step}__{name}": values for name, values in inner.items()
    }
    search = GridSearchCV(
        SensitiveColumns(model, "sex"),
        grid,
        scoring={
            "score": score,
            "ks": parity_scorer("ks_gap", response_method=response),
            "U": parity_scorer("wasserstein_unfairness", response_method=response),
            "W1": parity_scorer(
                "strong_demographic_disparity", response_method=response
            ),
        },
        refit=LowestGap("score", "ks", min_score_ratio=0.1),
        cv=3,
        error_score="raise",
    )
    with config_context(enable_metadata_routing=routing):
        search.fit(frame, y)
        found = search.predict(frame)
    table = pd.DataFrame(search.cv_results_)
    by = table.groupby(f"param_estimator__{step}__strength")
    for name in ("ks", "U", "W1"):
        gaps = -by[f"mean_test_{name}"].mean().to_numpy()
        assert gaps[0] > gaps[1] > gaps[2] >= 0
    assert search.best_params_[f"estimator__{step}__strength"] == 1.0
    assert len(found) == len(y)
    if kind != "transformer":
        alone = search.best_estimator_.predict(frame.iloc[:5])
        if kind == "regressor":
            # Products of the inner model are rounded by the size of the batch.
            assert_allclose(alone, found[:5], rtol=1e-13)
        else:
            assert alone.tolist() == found[:5].tolist()


def test_routing_without_wrapper():
    X, y, group, weight = make()
    model = BarycenterRegressor(Ridge(), cv=3)
    scaled = StandardScaler().fit_transform(X)
    alone = model.fit(
        scaled, y, sensitive_features=group, sample_weight=weight
    ).predict(scaled, sensitive_features=group)
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipe = make_pipeline(scaler, clone(model).set_fit_request(sample_weight=True))
        pipe.fit(X, y, sensitive_features=group, sample_weight=weight)
        found = pipe.predict(X, sensitive_features=group)
        scored = pipe.score(X, y, sensitive_features=group)
    assert_array_equal(found, alone)
    assert scored == r2_score(y, alone)


def make_classes(n=600, seed=0):
    X, y, group, weight = make(n, seed)
    return X, np.where(y > 0.3, "yes", "no"), group, weight


def test_classifier_by_hand():
    X, y, group, _ = make_classes()
    new, _, kind, _ = make_classes(200, seed=1)
    inner = LogisticRegression()
    method = {"method": "predict_proba", "cv": StratifiedKFold(5)}
    out = cross_val_predict(inner, X, y, **method)[:, 1]
    f = inner.fit(X, y).predict_proba(new)[:, 1]
    model = BarycenterClassifier(LogisticRegression(), threshold=0.6, pos_label="yes")
    model.fit(X, y, sensitive_features=group)
    proba = model.predict_proba(new, sensitive_features=kind)
    assert_allclose(proba[:, 1], moved_by_hand(out, group, None, f, kind), rtol=1e-12)
    assert_allclose(proba.sum(axis=1), 1)
    assert model.classes_.tolist() == ["no", "yes"]
    guess = model.predict(new, sensitive_features=kind)
    assert_array_equal(guess, np.where(proba[:, 1] > 0.6, "yes", "no"))
    scored = model.score(new, guess[::-1], sensitive_features=kind)
    assert scored == accuracy_score(guess[::-1], guess)


@pytest.mark.slow
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("threshold", [0.5, 0.7])
@pytest.mark.parametrize("names", [("approved", "denied"), ("denied", "approved")])
def test_the_threshold_is_that_of_the_positive_class(frozen, threshold, names):
    """Whatever the classes are called: negative, then positive."""
    X, y, group, _ = make_classes()
    new, _, kind, _ = make_classes(200, seed=1)
    y = 1 * (y == "yes")
    text = np.array(names)[y]
    fit, groups = {"sensitive_features": group}, {"sensitive_features": kind}

    def model(y, **more):
        inner = LogisticRegression()
        inner = FrozenEstimator(inner.fit(X, y)) if frozen else inner
        return BarycenterClassifier(inner, threshold=threshold, **more)

    expected = model(y).fit(X, y, **fit)
    assert expected.pos_label_ == 1
    named = model(text, pos_label=names[1])
    found = clone(named).fit(X, text, **fit)
    assert found.pos_label_ == names[1]
    place = found.classes_.tolist().index(names[1])
    scores = found.predict_proba(new, **groups)[:, place]
    assert_allclose(scores, expected.predict_proba(new, **groups)[:, 1], atol=1e-5)
    assert_array_equal(
        found.predict(new, **groups),
        np.array(names)[expected.predict(new, **groups)],
    )
    assert_allclose(found.unfairness_, expected.unfairness_, atol=1e-6)
    unnamed = model(text)
    message = r"y takes value in \{'approved', 'denied'\} and pos_label is not"
    if threshold == 0.5:
        unnamed.fit(X, text, **fit)
        assert unnamed.pos_label_ is None
        assert_array_equal(unnamed.predict(new, **groups), found.predict(new, **groups))
        unnamed.set_params(threshold=0.6, pos_label=names[0])
        with pytest.raises(ValueError, match=f"{message}.*fit again"):
            unnamed.predict(new, **groups)
    else:
        with pytest.raises(ValueError, match=message):
            unnamed.fit(X, text, **fit)
    with pytest.raises(ValueError, match="pos_label='maybe' is not a class; known: "):
        model(text, pos_label="maybe").fit(X, text, **fit)


def test_selection_rates_agree_at_every_threshold():
    X, y, _group, _ = make_classes(3000)
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    new, _, kind, _ = make_classes(3000, seed=1)
    model = BarycenterClassifier(frozen).fit(new, sensitive_features=kind)
    scores = model.predict_proba(new, sensitive_features=kind)[:, 1]
    rates = [
        [(scores[kind == g] > t).mean() for g in "uvw"] for t in np.linspace(0, 1, 301)
    ]
    assert np.ptp(rates, axis=1).max() <= model.atom_bound_ + 1e-12 < 0.005
    raw = frozen.predict_proba(new)[:, 1]
    assert ks_gap(None, raw, sensitive_features=kind) > 0.2
    assert (scores >= 0).all()
    assert (scores <= 1).all()


def test_strength_zero_is_the_inner_classifier_on_ties_too():
    X, y, group, _ = make_classes()
    tree = DecisionTreeClassifier(max_depth=2, random_state=0)
    y = np.where(np.arange(len(y)) % 2, y, "no")
    model = BarycenterClassifier(tree, strength=0).fit(X, y, sensitive_features=group)
    inner = clone(tree).fit(X, y)
    assert_array_equal(
        model.predict_proba(X, sensitive_features=group)[:, 1],
        inner.predict_proba(X)[:, 1],
    )
    assert_array_equal(model.predict(X, sensitive_features=group), inner.predict(X))
    full = BarycenterClassifier(tree).fit(X, y, sensitive_features=group)
    assert full.gap_ <= full.atom_bound_
    assert full.atom_bound_ > 0.2  # heavy ties limit a deterministic map
    split = BarycenterClassifier(
        FrozenEstimator(inner), algorithm="split-rank", random_state=0
    ).fit(X, sensitive_features=group)
    counts = np.sort(split.group_counts_)[:2]
    assert split.ks_bound_ <= 2 / (counts[0] + 2)
    new, _, kind, _ = make_classes(5000, seed=1)
    proba = split.predict_proba(new, sensitive_features=kind)[:, 1]
    assert ks_gap(None, proba, sensitive_features=kind) < 0.12


@pytest.mark.slow
def test_split_rank_is_deterministic_once_fitted():
    X, y, group, _ = make()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(
        job=np.where(X[:, 0] > 0, "x", "y")
    )
    encode = make_column_transformer(
        (OneHotEncoder(), ["job"]), remainder="passthrough"
    )
    model = BarycenterRegressor(
        make_pipeline(encode, Ridge()), algorithm="split-rank", random_state=3
    ).fit(frame, y, sensitive_features=group)
    g = model.predict(frame, sensitive_features=group)
    assert_array_equal(g, model.predict(frame, sensitive_features=group))
    alone = [
        model.predict(frame.iloc[[i]], sensitive_features=group[[i]])[0]
        for i in range(40)
    ]
    assert_allclose(g[:40], alone, rtol=1e-10)
    same = clone(model).fit(frame, y, sensitive_features=group)
    assert_array_equal(g, same.predict(frame, sensitive_features=group))
    assert np.isnan(model.ks_bound_)  # the model was refitted after calibration
    assert np.isnan(model.atom_bound_)
    exact = clone(model).set_params(algorithm="transport")
    exact.fit(frame, y, sensitive_features=group)
    h = exact.predict(frame, sensitive_features=group)
    assert 0 < np.abs(g - h).mean() < 0.5 * g.std()
    assert np.corrcoef(g, h)[0, 1] > 0.95
    half = clone(model).set_params(strength=0.5).fit(frame, y, sensitive_features=group)
    f = model.estimator_.predict(frame)
    assert_allclose(half.predict(frame, sensitive_features=group), (f + g) / 2)
    frozen = FrozenEstimator(model.estimator_)
    for strength, known in ((1.0, True), (0.5, False)):
        again = clone(model).set_params(estimator=frozen, strength=strength)
        again.fit(frame, sensitive_features=group)
        assert np.isfinite(again.ks_bound_) == known
    pooled = clone(model).set_params(unseen="pooled")
    pooled.fit(frame, y, sensitive_features=group)
    z = pooled.predict(frame, sensitive_features=["new"] * len(frame))
    assert abs(np.median(z) - np.median(g)) < 0.2


def test_order_of_sequential_columns():
    """Independent additive effects: the order matters less and less.

    With dependent columns it keeps mattering, however many rows there are.
    """

    def apart(n, dependent, seed=0):
        rng = np.random.default_rng(seed)
        a = rng.integers(0, 2, n)
        b = np.where(rng.uniform(size=n) < (0.8 if dependent else 0.5), a, 1 - a)
        x = rng.normal(size=n) + a + 2.0 * b
        z = []
        for first, second in ((a, b), (b, a)):
            step = moved_by_hand(x, first, None, x, first)
            z.append(moved_by_hand(step, second, None, step, second))
        return np.sqrt(np.mean((z[0] - z[1]) ** 2)), z[0], a, b

    sizes = [1000, 16_000]
    free = [np.mean([apart(n, False, s)[0] for s in range(5)]) for n in sizes]
    assert free[1] < 0.4 * free[0]  # as 1 / sqrt(n): a quarter
    assert free[0] < 0.1
    bound = [np.mean([apart(n, True, s)[0] for s in range(5)]) for n in sizes]
    assert bound[1] > 0.7 * bound[0] > 0.1
    _, z, a, b = apart(16_000, True)
    gaps = [ks_gap(None, z, sensitive_features=column) for column in (a, b)]
    assert gaps[1] < 0.001 < gaps[0]


def test_sequential_in_a_model():
    X, y, group, _ = make(1500)
    both = pd.DataFrame({"group": group, "old": X[:, 1] > 0.3})
    model = BarycenterRegressor(Ridge(), sequential=[1.0, 0.5])
    model.fit(X, y, sensitive_features=both)
    assert [len(labels) for labels in model.groups_] == [3, 2]
    assert model.unfairness_.shape == (2, 2)
    assert (model.unfairness_[:, 1] < model.unfairness_[:, 0]).all()
    out = cross_val_predict(Ridge(), X, y, cv=KFold(5))
    f = Ridge().fit(X, y).predict(X)
    first = moved_by_hand(out, group, None, out, group)
    step = moved_by_hand(out, group, None, f, group)
    expected = moved_by_hand(first, both["old"], None, step, both["old"], 0.5)
    assert_allclose(model.predict(X, sensitive_features=both), expected, rtol=1e-12)
    assert np.isnan(model.atom_bound_)
    wrapped = SensitiveColumns(
        make_pipeline(
            StandardScaler(), BarycenterRegressor(Ridge(), sequential=[1, 1])
        ),
        ["group", "old"],
    ).fit(pd.DataFrame(X).rename(columns=str).join(both), y)
    assert wrapped.estimator_[-1].gap_ < 0.1


def test_texts_and_sparse_rows():
    X, y, group, _ = make(200)
    texts = [f"word{int(a > 0)} other{int(b * 3)}" for a, b in X[:, :2]]
    model = make_pipeline(TfidfVectorizer(), Ridge())
    found = BarycenterRegressor(model).fit(texts, y, sensitive_features=group)
    out = cross_val_predict(model, texts, y, cv=KFold(5))
    f = clone(model).fit(texts, y).predict(texts)
    expected = moved_by_hand(out, group, None, f, group)
    assert_allclose(found.predict(texts, sensitive_features=group), expected, rtol=1e-8)
    rows = sparse.csr_matrix(X)
    dense = BarycenterRegressor(Ridge()).fit(X, y, sensitive_features=group)
    thin = BarycenterRegressor(Ridge()).fit(rows, y, sensitive_features=group)
    assert_allclose(
        thin.predict(rows, sensitive_features=group),
        dense.predict(X, sensitive_features=group),
        rtol=1e-4,
    )


@pytest.mark.parametrize("algorithm", ["transport", "split-rank"])
def test_persistence(algorithm):
    X, y, group, _ = make()
    model = BarycenterRegressor(Ridge(), algorithm=algorithm, random_state=0)
    model.fit(X, y, sensitive_features=group)
    g = model.predict(X, sensitive_features=group)
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.predict(X, sensitive_features=group), g)
    blob = skops.io.dumps(model)
    untrusted = skops.io.get_untrusted_types(data=blob)
    assert untrusted == ["fairlearnkit.postprocessing._regressor.BarycenterRegressor"]
    copy = skops.io.loads(blob, trusted=untrusted)
    assert_array_equal(copy.predict(X, sensitive_features=group), g)


class Two(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.column_stack([X[:, 0], X[:, 0]])


class Holes(Two):
    def predict(self, X):
        return np.where(X[:, 0] > 0, np.nan, 1.0)


def test_errors():
    X, y, group, _ = make()
    fit = {"sensitive_features": group}
    model = BarycenterRegressor(Ridge()).fit(X, y, **fit)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        BarycenterRegressor(Ridge()).fit(X, y)
    with pytest.raises(ValueError, match="sensitive_features is required"):
        model.predict(X)
    with pytest.raises(ValueError, match=r"not seen in fit: \['z'\]"):
        model.predict(X[:1], sensitive_features=["z"])
    with pytest.raises(ValueError, match="has 3 rows but X has 600"):
        model.predict(X, sensitive_features=["u", "v", "w"])
    with pytest.raises(ValueError, match="4 features"):
        model.predict(X[:, :3], **fit)
    with pytest.raises(ValueError, match=r"shape \(120, 2\); a barycenter needs one"):
        BarycenterRegressor(Two()).fit(X, y, **fit)
    with pytest.raises(ValueError, match="NaN or infinity; a barycenter needs"):
        BarycenterRegressor(Holes()).fit(X, y, **fit)
    with (
        pytest.warns(UserWarning, match="Two takes no sample_weight: fitted without"),
        pytest.raises(ValueError, match="a barycenter needs one"),
    ):
        BarycenterRegressor(Two()).fit(X, y, **fit, sample_weight=np.ones(600))
    both = np.column_stack([group, X[:, 0] > 0])
    with pytest.raises(ValueError, match='"split-rank" compares intersections'):
        BarycenterRegressor(Ridge(), algorithm="split-rank", sequential=[1, 1]).fit(
            X, y, sensitive_features=both
        )
    single = np.where(np.arange(600) == 3, "z", group)
    with pytest.raises(ValueError, match=r"needs 2 calibration row.*z: 1\. M"):
        BarycenterRegressor(Ridge(), algorithm="split-rank").fit(
            X, y, sensitive_features=single
        )
    with pytest.raises(ValueError, match="strength"):
        BarycenterRegressor(Ridge(), strength=1.5).fit(X, y, **fit)
    classes = np.digitize(y, [-1, 1])
    with pytest.raises(ValueError, match=r"Only binary.*multiclass, with the classes"):
        BarycenterClassifier(LogisticRegression()).fit(X, classes, **fit)
    frozen = FrozenEstimator(LogisticRegression().fit(X, classes))
    with pytest.raises(ValueError, match=r"two classes, got 3 classes: \[0, 1, 2\]"):
        BarycenterClassifier(frozen).fit(X, **fit)
    with pytest.raises(AttributeError, match="predict_proba"):
        BarycenterClassifier(LinearSVC()).fit(X, y > 0, **fit)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["transport", "split-rank"])
@pytest.mark.parametrize("kind", ["regressor", "classifier"])
def test_rounding_of_the_inner_model_tears_no_tie_apart(algorithm, kind):
    """BLAS sums a row differently in batches of another size; answers must agree."""
    rng = np.random.default_rng(0)
    profiles = rng.integers(0, 3, (60, 20)).astype(float)
    which = rng.integers(0, 60, 2003)
    X = profiles[which]
    group = np.where(rng.uniform(size=2003) < 0.3 + 0.2 * X[:, 0], "a", "b")
    y = X @ rng.normal(size=20) + rng.normal(size=2003)
    if kind == "regressor":
        frozen = FrozenEstimator(Ridge().fit(X[:300], y[:300]))
        cls, method = BarycenterRegressor, "predict"
    else:
        frozen = FrozenEstimator(LogisticRegression().fit(X[:300], y[:300] > 0))
        cls, method = BarycenterClassifier, "predict_proba"
    model = cls(frozen, algorithm=algorithm, random_state=0)
    model.fit(X, sensitive_features=group)
    predict = getattr(model, method)
    g = predict(X, sensitive_features=group).reshape(2003, -1)[:, -1]
    for i in range(60):
        for label in "ab":
            same = g[(which == i) & (group == label)]
            assert len(same) == 0 or np.ptp(same) < 1e-10
    rows = [*rng.permutation(2003)[:100].tolist(), 2000, 2001, 2002]
    alone = [
        predict(X[[i]], sensitive_features=group[[i]]).reshape(1, -1)[0, -1]
        for i in rows
    ]
    assert_allclose(g[rows], alone, rtol=0, atol=1e-10)


def test_what_changes_after_fit():
    X, y, group, _ = make()
    both = np.column_stack([group, X[:, 0] > 0])
    model = BarycenterRegressor(Ridge()).fit(X, y, sensitive_features=both)
    half = model.set_params(strength=0.5).predict(X, sensitive_features=both)
    again = clone(model).fit(X, y, sensitive_features=both)
    assert_array_equal(half, again.predict(X, sensitive_features=both))
    for name, value in (
        ("unseen", "pooled"),
        ("missing", "ignore"),
        ("algorithm", "split-rank"),
        ("sequential", [1, 1]),
    ):
        changed = clone(model).fit(X, y, sensitive_features=both)
        changed.set_params(**{name: value})
        with pytest.raises(ValueError, match=f"{name}.* was changed after fit"):
            changed.predict(X, sensitive_features=both)
    model.set_params(sequential=[1, 1]).fit(X, y, sensitive_features=both)
    model.set_params(strength=0.2)
    with pytest.raises(ValueError, match="strength was changed after fit"):
        model.predict(X, sensitive_features=both)


def test_calibration_rows_that_are_missing_raise():
    X, y, _, _ = make(300)
    group = np.repeat(["a", "b"], 150)
    fit = {"sensitive_features": group}
    ahead = [(np.arange(150), np.arange(150, 300))]
    with pytest.raises(ValueError, match=r"got a: 0, b: 150.*folds hold all"):
        BarycenterRegressor(Ridge(), cv=ahead).fit(X, y, **fit)
    with pytest.raises(ValueError, match="gives no folds"):
        BarycenterRegressor(Ridge(), cv=[]).fit(X, y, **fit)
    weight = np.where((group == "b") & (np.arange(300) < 299), 0.0, 1.0)
    with pytest.raises(ValueError, match=r"needs 2 calibration row.*b: 1"):
        BarycenterRegressor(Ridge(), algorithm="split-rank").fit(
            X, y, **fit, sample_weight=weight
        )


def test_gap_is_that_of_the_partly_moved_scores():
    """gap_ is about the strength that was asked for."""
    X, y, group, _ = make()
    gaps = [
        BarycenterRegressor(Ridge(), strength=s)
        .fit(X, y, sensitive_features=group)
        .gap_
        for s in (0.0, 0.5, 1.0)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    out = cross_val_predict(Ridge(), X, y, cv=KFold(5))
    _, codes = np.unique(group, return_inverse=True)
    distributions = distributions_by_group(out, codes, 3)
    assert gaps[0] == kolmogorov_smirnov(distributions)


@pytest.mark.slow
def test_communities_and_crime():
    """The bar of benchmarks/crime.py, on fewer splits and trees."""
    crime = load_communities_crime(as_frame=False)
    share = crime.data[:, crime.feature_names.index("racepctblack")]
    group = np.where(share > np.median(share), "above", "below")
    found = []
    for seed in range(3):
        X, X_test, y, y_test, g, g_test = train_test_split(
            crime.data, crime.target, group, test_size=0.1, random_state=seed
        )
        forest = RandomForestRegressor(8, max_features="sqrt", random_state=seed)
        model = BarycenterRegressor(forest, cv=3).fit(X, y, sensitive_features=g)
        f = model.estimator_.predict(X_test)
        moved = model.predict(X_test, sensitive_features=g_test)
        for z in (f, moved):
            ks = ks_gap(None, z, sensitive_features=g_test)
            found.append((ks, np.mean((z - y_test) ** 2)))
    inner, after = np.array(found)[::2].mean(axis=0), np.array(found)[1::2].mean(axis=0)
    assert after[0] < inner[0] / 3
    assert after[1] < 2.0 * inner[1]


TOOLS = {
    "CalibratedClassifierCV": lambda m: CalibratedClassifierCV(m, cv=3),
    "VotingClassifier": lambda m: VotingClassifier([("a", m)], voting="soft"),
    "StackingClassifier": lambda m: StackingClassifier([("a", m)], cv=3),
    "OneVsRestClassifier": OneVsRestClassifier,
    "TunedThresholdClassifierCV": lambda m: TunedThresholdClassifierCV(
        m, thresholds=9, cv=3
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_tools_of_scikit_learn_around_it(tool):
    """The groups reach the maps at predict, with routing off and on."""
    X, y, group, _ = make_classes(900)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(sex=group)
    inner = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    assert ks_gap(None, inner, sensitive_features=group) > 0.2
    scores = []
    for routing in (False, True):
        model = SensitiveColumns(
            BarycenterClassifier(LogisticRegression(), cv=3), "sex"
        )
        with config_context(enable_metadata_routing=routing):
            fitted = TOOLS[tool](model).fit(frame, y)
            scores.append(fitted.predict_proba(frame)[:, 1])
        assert ks_gap(None, scores[-1], sensitive_features=group) < 0.08
    assert_array_equal(*scores)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ridge", "forest", "boosting", "poisson"])
def test_exposure_in_a_search_over_strength_and_the_model(name):
    X, y, group, exposure = make(400)
    y = np.exp(y / 3) if name == "poisson" else y
    inner = {
        "ridge": {"alpha": [0.1, 10.0]},
        "forest": {"max_depth": [2, 4]},
        "boosting": {"max_depth": [1, 2]},
        "poisson": {"alpha": [0.1, 1.0]},
    }[name]
    step = "estimator__barycenterregressor__"
    grid = {f"{step}strength": [0.0, 1.0]}
    grid |= {f"{step}estimator__{key}": values for key, values in inner.items()}
    frame = pd.DataFrame(X, columns=list("abcd")).assign(sex=group)
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipe = make_pipeline(scaler, BarycenterRegressor(REGRESSORS[name], cv=2))
    search = GridSearchCV(
        SensitiveColumns(pipe, "sex"),
        grid,
        scoring=parity_scorer("ks_gap"),
        cv=3,
        error_score="raise",
    ).fit(frame, y, sample_weight=exposure)
    assert search.best_params_[f"{step}strength"] == 1.0
    scaled = StandardScaler().fit_transform(X)
    by_hand = clone(search.best_estimator_.estimator_[-1]).fit(
        scaled, y, sensitive_features=group, sample_weight=exposure
    )
    expected = by_hand.predict(scaled, sensitive_features=group)
    assert_allclose(search.predict(frame), expected, rtol=1e-10)


NAMED = {
    "regressor": BarycenterRegressor(Ridge()),
    "classifier": BarycenterClassifier(LogisticRegression()),
    "sequential": BarycenterRegressor(Ridge(), sequential=[1.0, 0.5]),
    "transformer": BarycenterTransformer(),
    "transformer, sequential": BarycenterTransformer(sequential=[1.0, 0.5]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("form", [pd.DataFrame, pl.DataFrame, dict])
def test_sensitive_columns_are_matched_by_name(name, form):
    """0/1 flags in another order would get the maps of other groups."""
    rng = np.random.default_rng(0)
    flags = {"female": rng.integers(0, 2, 400), "disabled": rng.integers(0, 2, 400)}
    swapped = form({"disabled": flags["disabled"], "female": flags["female"]})
    X = rng.normal(size=(400, 2)) + np.column_stack([*flags.values()]) * [1.0, 2.0]
    y = X.sum(axis=1) + rng.normal(size=400)
    model = clone(NAMED[name])
    y = (y > 1.5).astype(int) if is_classifier(model) else y
    model.fit(X, y, sensitive_features=form(flags))
    assert model.sensitive_feature_names_in_ == ["female", "disabled"]
    method = getattr(model, "transform", None) or model.predict
    right = method(X, sensitive_features=form(flags))
    np.testing.assert_array_equal(method(X, sensitive_features=swapped), right)
    by_position = np.column_stack([*flags.values()])
    np.testing.assert_array_equal(method(X, sensitive_features=by_position), right)
    wrong = method(X, sensitive_features=by_position[:, ::-1])
    assert (wrong != right).any()
    renamed = form({"female": flags["female"], "old": flags["disabled"]})
    with pytest.raises(ValueError, match=r"\['female', 'old'\] and had \['female', 'd"):
        method(X, sensitive_features=renamed)
    # One column needs no name that was seen before.
    model.set_params(sequential=None).fit(X, y, sensitive_features=flags["female"])
    assert model.sensitive_feature_names_in_ is None
    right = method(X, sensitive_features=flags["female"])
    series = pd.Series(flags["female"], name="any")
    np.testing.assert_array_equal(method(X, sensitive_features=series), right)


@pytest.mark.parametrize("cls", [BarycenterRegressor, BarycenterClassifier])
def test_score_without_groups_speaks_of_score(cls):
    rng = np.random.default_rng(0)
    X, group, y = rng.normal(size=(80, 2)), np.arange(80) % 2, np.arange(80) // 2 % 2
    inner = LogisticRegression() if cls is BarycenterClassifier else Ridge()
    model = cls(inner).fit(X, y, sensitive_features=group)
    with pytest.raises(ValueError, match=r"est\.score\(X, y, .* the outer score:"):
        model.score(X, y)


def test_a_classifier_without_probabilities_raises_and_names_the_remedy():
    rng = np.random.default_rng(0)
    X, group, y = rng.normal(size=(80, 2)), np.arange(80) % 2, np.arange(80) // 2 % 2
    with pytest.raises(AttributeError, match=r"LinearSVC.*CalibratedClassifierCV\("):
        BarycenterClassifier(LinearSVC()).fit(X, y, sensitive_features=group)
    inner = CalibratedClassifierCV(LinearSVC())
    model = BarycenterClassifier(inner).fit(X, y, sensitive_features=group)
    out = cross_val_predict(inner, X, y, cv=StratifiedKFold(5), method="predict_proba")
    f = clone(inner).fit(X, y).predict_proba(X)[:, 1]
    expected = moved_by_hand(out[:, 1], group, None, f, group)
    scores = model.predict_proba(X, sensitive_features=group)[:, 1]
    assert_allclose(scores, expected, rtol=1e-8)
    assert_array_equal(model.predict(X, sensitive_features=group), scores > 0.5)


@pytest.mark.parametrize("algorithm", ["transport", "split-rank"])
def test_maps_hold_the_calibration_predictions(algorithm):
    """As the documentation says: who has the model can read them off, by group."""
    X, y, group, _ = make(300)
    frozen = FrozenEstimator(Ridge().fit(X, y))
    model = BarycenterRegressor(frozen, algorithm=algorithm, random_state=0)
    model.fit(X, sensitive_features=group)
    f = frozen.predict(X)
    for label, (kept, *_) in zip(model.groups_, model.maps_[0]):
        own = f[group == label]
        n_kept = len(own) if algorithm == "transport" else len(own) - len(own) // 2
        assert len(kept) == n_kept
        assert np.isin(kept, own).all()


def test_a_barycenter_without_its_methods_cannot_be_made():
    bases = {cls.__name__: cls for cls in BarycenterRegressor.__mro__}
    base = bases["BaseBarycenter"]
    needed = base.__abstractmethods__
    assert needed == {
        "_model_scores",
        "_read_target",
        "_rounding_level",
        "_tie_tolerance",
    }
    for name in needed:
        methods = {n: getattr(BarycenterRegressor, n) for n in needed - {name}}
        with pytest.raises(TypeError, match=rf"abstract method '?{name}"):
            type("Incomplete", (base,), methods)()
