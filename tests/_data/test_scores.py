"""Scores, one number for each row."""

import numpy as np
import pytest

from fairlearnkit._data.scores import read_scores


@pytest.mark.parametrize("kind", ["M8[D]", "m8[s]"])
def test_times_are_no_scores(kind):
    with pytest.raises(ValueError, match=r"y_prob holds times .*numbers"):
        read_scores(np.array([3, 4], dtype="i8").astype(kind), name="y_prob")


def test_text_is_no_score():
    with pytest.raises(ValueError, match="text") as caught:
        read_scores(["high", "low"])
    assert str(caught.value) == (
        "y_score holds text such as 'high', and no scores: pass numbers, such as those "
        "of decision_function or a column of predict_proba, or use a metric of classes "
        "such as demographic_parity_difference."
    )


def test_the_dtype_is_that_asked_for():
    score = np.array([0.5, 1.5], dtype=np.float32)
    assert read_scores(score).dtype == np.float32
    assert read_scores(score, dtype=np.float64).dtype == np.float64
