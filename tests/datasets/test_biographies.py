"""Generated biographies."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairlearnkit.datasets import make_biased_biographies
from fairlearnkit.datasets._biographies import TERMS

MALE, FEMALE = ({pair[sex].lower() for pair in TERMS.values()} for sex in (0, 1))


def words(text):
    return re.findall(r"[a-z]+", text.lower())


@pytest.fixture(scope="module")
def biographies():
    return make_biased_biographies(3000, random_state=0)


@pytest.mark.slow
def test_shape_and_seed(biographies):
    assert biographies.data.shape == (3000, 2)
    assert set(biographies.data["sex"]) == {"female", "male"}
    assert set(biographies.target) == {"nurse", "surgeon"}
    again = make_biased_biographies(3000, random_state=0)
    assert_array_equal(again.data["text"], biographies.data["text"])
    other = make_biased_biographies(3000, random_state=1)
    assert (other.data["text"] != biographies.data["text"]).mean() > 0.99


def test_occupation_depends_on_sex_as_told(biographies):
    surgeon = biographies.target == "surgeon"
    rates = surgeon.groupby(biographies.data["sex"]).mean()
    assert abs(rates["male"] - 0.75) < 0.03
    assert abs(rates["female"] - 0.25) < 0.03
    assert abs((biographies.data["sex"] == "female").mean() - 0.5) < 0.03
    free = make_biased_biographies(3000, association=0.5, random_state=0)
    rates = (free.target == "surgeon").groupby(free.data["sex"]).mean()
    assert abs(rates["male"] - rates["female"]) < 0.06


def test_words_are_those_of_the_sex_and_counterfactual_those_of_the_other(biographies):
    for text, sex, other in zip(
        biographies.data["text"], biographies.data["sex"], biographies.counterfactual
    ):
        assert "{" not in text
        own = set(words(text)) & (MALE | FEMALE)
        assert own
        assert own <= (FEMALE if sex == "female" else MALE)
        assert set(words(other)) & (MALE | FEMALE) <= (
            MALE if sex == "female" else FEMALE
        )
        pairs = zip(words(text), words(other), strict=True)
        assert all(a == b or {a, b} <= MALE | FEMALE for a, b in pairs)


@pytest.mark.slow
def test_models_learn_from_the_words_of_a_sex(biographies):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit(biographies.data["text"], biographies.target)
    test = make_biased_biographies(3000, random_state=1)
    decided = model.predict(test.data["text"])
    accuracy = (decided == test.target).mean()
    free = make_biased_biographies(3000, association=0.5, random_state=1)
    independent = (model.predict(free.data["text"]) == free.target).mean()
    assert 0.74 < accuracy < 0.82
    assert independent < accuracy - 0.1
    flipped = model.predict(test.counterfactual) != decided
    assert 0.6 < flipped.mean() < 0.9


@pytest.mark.parametrize("given", [{"association": 1.5}, {"n_samples": 0}])
def test_parameters_out_of_range(given):
    name, value = next(iter(given.items()))
    with pytest.raises(ValueError, match=f"{name} must be .* got {value}"):
        make_biased_biographies(**given)


def test_ends_of_the_association():
    for association in (0.0, 1.0):
        some = make_biased_biographies(50, association=association, random_state=0)
        nurse, female = some.target == "nurse", some.data["sex"] == "female"
        assert np.all((nurse == female) == (association == 1.0))
