"""The main job: equal opportunity between women and men on the Adult data."""

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlearnkit.datasets import load_adult
from fairlearnkit.metrics import equal_opportunity_difference
from fairlearnkit.svm import ParityLinearSVC


def test_gap_and_accuracy_on_the_original_split():
    train, test = load_adult(subset="train"), load_adult(subset="test")
    assert len(train.data) + len(test.data) == 45_222
    encode = make_pipeline(
        make_column_transformer(
            (
                OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
                make_column_selector(dtype_include="category"),
            ),
            remainder="passthrough",
        ),
        StandardScaler(),
    )
    X_train = encode.fit_transform(train.data)
    X_test = encode.transform(test.data)
    assert X_train.shape == (30_162, 104)
    result = {}
    for max_gap in (np.inf, 0.0):
        model = ParityLinearSVC(
            loss="hinge",
            C=0.01,
            constraint="equal_opportunity",
            pos_label=">50K",
            max_gap=max_gap,
        )
        model.fit(X_train, train.target, sensitive_features=train.data["sex"])
        y_pred = model.predict(X_test)
        gap = equal_opportunity_difference(
            test.target,
            y_pred,
            sensitive_features=test.data["sex"],
            pos_label=">50K",
        )
        result[max_gap] = np.mean(y_pred == test.target), gap, model.gap_
    assert result[np.inf][0] > 0.845
    assert 0.06 < result[np.inf][1] < 0.10
    assert result[0.0][0] > 0.840
    assert result[0.0][1] < 0.02
    assert result[0.0][2] <= 1e-8
