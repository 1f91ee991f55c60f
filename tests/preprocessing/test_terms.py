"""Terms exchanged in texts, and merged into one token."""

import pickle
import re
from itertools import chain

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from fairlearnkit.compose import SensitiveColumns
from fairlearnkit.datasets import make_biased_biographies
from fairlearnkit.linear_model import ParityLogisticRegression
from fairlearnkit.preprocessing import TermMerge, TermSwap
from fairlearnkit.preprocessing import _term_pairs as english
from fairlearnkit.preprocessing._rewriting import forms, rewrite, swaps

BOTH = [TermSwap, TermMerge]
TEXTS = ["She said her son was right.", "he told his wife", "nobody"]
SWAPPED = ["He said his daughter was right.", "she told her husband", "nobody"]


def swap(*texts, **options):
    return TermSwap(**options).transform(list(texts))


# The pairs.


def test_built_in_pairs_are_one_to_one():
    pairs = TermSwap().fit(TEXTS).pairs_
    assert 100 <= len(pairs) <= 150
    terms = [*chain(*pairs), *english.PRONOUNS]
    terms += [term for term, _ in (*english.ONE_WAY, *english.TITLES_ONE_WAY)]
    found = [form for term in terms for form in dict.fromkeys(forms(term))]
    assert len(found) == len(set(found))


def test_both_words_of_a_pair_go_with_the_same_article():
    silent = {"heir", "heiress", "heirs", "heiresses"}
    for pair in english.ENGLISH_GENDER:
        vowel = [word[0] in "aeiou" or word in silent for word in pair]
        assert vowel[0] == vowel[1], pair


def test_the_other_side_of_one_way_is_in_a_pair():
    paired = {*chain(*TermSwap().fit(TEXTS).pairs_)}
    assert {b for _, b in (*english.ONE_WAY, *english.TITLES_ONE_WAY)} <= paired


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ("german-gender", "'german-gender' is not known; use 'english-gender' or a"),
        ([("he", "she"), ("he", "they")], r"one-to-one: 'he' of \('he', 'they'\) is"),
        ([("a", "b"), ("b", "c")], r"'b' of \('b', 'c'\) is also in \('a', 'b'\)"),
        ([("he", "she"), ("He", "They")], "'He' of"),
        (["english-gender", ("he", "they")], "'he' of"),
        (["english-gender", ("her", "their")], "'her' of .* in 'english-gender'"),
        (["english-gender", ("Mrs", "Mx")], "'Mrs' of .* in 'english-gender'"),
        ([("same", "same")], "pairs of two different terms"),
        ([("he",)], r"pairs holds \('he',\)"),
        ([("he", "she", "they")], "pairs of two different terms"),
        ([("he", 1)], "pairs of two different terms"),
        ([("he", "she ")], "starts and ends with a letter or digit"),
        ([("", "she")], "starts and ends with a letter or digit"),
        ([], "pairs is empty"),
    ],
)
def test_pairs_that_are_refused(cls, pairs, message):
    for call in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(cls(pairs), call)(TEXTS)


def test_one_more_pair_beside_the_built_in_ones():
    pairs = ["english-gender", ("Mary", "Mark"), ("first lady", "first gentleman")]
    text = "Mary left her mark. MARY met the First Lady, a ladylike first lady."
    assert swap(text, pairs=pairs) == [
        "Mark left his mark. MARY met the First Gentleman, a ladylike first gentleman."
    ]
    found = TermSwap(pairs).fit(TEXTS).pairs_
    assert found[-2:] == pairs[1:]
    assert found[:-2] == TermSwap().fit(TEXTS).pairs_


def test_only_own_pairs():
    assert swap("He and Ms Ito", pairs=[("Ito", "Smith")]) == ["He and Ms Smith"]
    # No rule of the built-in pairs holds.
    assert swap("told her", pairs=[("his", "her")]) == ["told his"]
    assert swap("o'brien, O'Brien", pairs=[("O'Brien", "Li")]) == ["o'brien, Li"]
    assert swap("Li-Ning and Li", pairs=[("O'Brien", "Li")]) == ["Li-Ning and O'Brien"]


# Swaps.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HE is, He was, he", "SHE is, She was, she"),
        ("hE", "hE"),
        ("the theme of hers", "the theme of his"),
        ("she's, she\u2019d and SHE'LL", "he's, he\u2019d and HE'LL"),
        ("his father's car", "her mother's car"),
        ("man-made, he-goat", "man-made, he-goat"),
        ("Mother-in-law, ex-wife", "Father-in-law, ex-husband"),
        ("Mother-In-Law", "Father-In-Law"),
        ("he/she", "she/he"),
        ("(she)", "(he)"),
        ("he_she he2 2he", "he_she he2 2he"),
        ("human, mankind, Mandarin", "human, mankind, Mandarin"),
        ("the king--a man--left", "the queen--a woman--left"),
        ("Mr. Ito, MS in law, 20 ms", "Ms. Ito, MS in law, 20 mr"),
        ("Mrs Ito's mum", "Mr Ito's dad"),
        ("fiancée of Ms Ål", "fiancé of Mr Ål"),
        ("", ""),
        ("  \n", "  \n"),
    ],
)
def test_words_and_their_case(text, expected):
    assert swap(text) == [expected]


@pytest.mark.parametrize(
    ("his", "hers"),
    [
        ("his book", "her book"),
        ("His old book", "Her old book"),
        ("gave him the book", "gave her the book"),
        ("told him.", "told her."),
        ("told him", "told her"),
        ("for him, books", "for her, books"),
        ("made him feel", "made her feel"),
        ("a friend of his.", "a friend of hers."),
        ("his and mine", "hers and mine"),
        ("his or her book", "her or his book"),
        ("his [or her] book", "her [or his] book"),
        ("him or her.", "her or him."),
        ('his "good" book', 'her "good" book'),
        ("HIS BOOK AND HIM", "HER BOOK AND HER"),
    ],
)
def test_his_and_her(his, hers):
    assert swap(his) == [hers]
    assert swap(hers) == [his]


def test_what_a_second_swap_does_not_restore():
    assert swap(*swap("gave him books")) == ["gave his books"]
    assert swap(*swap("Mrs Ito")) == ["Ms Ito"]


def test_the_counterfactual_of_generated_biographies():
    data = make_biased_biographies(2000, random_state=0)
    other = TermSwap().transform(data.data["text"])
    assert_array_equal(other, data.counterfactual)
    assert_array_equal(TermSwap()(other), data.data["text"])
    merged = TermMerge().transform(data.data["text"])
    assert_array_equal(merged, TermMerge().transform(data.counterfactual))
    assert (merged != data.data["text"]).all()


ALL_TERMS = [
    form
    for term in (*chain(*english.ENGLISH_GENDER), *english.PRONOUNS, "Mr", "Ms", "Mrs")
    for form in forms(term)
]
WORDS = st.sampled_from(
    [*ALL_TERMS, "book", "for", "the", "or", "and", "Ål", "3", "x-y"]
)
BETWEEN = st.sampled_from([" ", ", ", ". ", "/", "'s ", "\n", " (", ' "', "] ", "--"])
ONE_WAY = re.compile(r"\b(him|hers|mrs)\b", re.I)


@st.composite
def texts(draw):
    words = draw(st.lists(st.tuples(WORDS, BETWEEN), max_size=12))
    return "".join(chain(*words))


@given(texts())
def test_merging_takes_a_text_and_its_swap_for_the_same(text):
    other = TermSwap().transform([text])
    assert TermMerge().transform(other) == TermMerge().transform([text])


@given(texts())
def test_a_swap_undoes_itself_without_words_that_go_one_way(text):
    other = swap(text)
    if not ONE_WAY.search(text) and not ONE_WAY.search(other[0]):
        assert swap(*other) == [text]


@given(texts())
def test_a_swap_changes_terms_only(text):
    split = re.compile(r"(\w+(?:-\w+)*)").split
    pairs = list(zip(split(text), split(swap(text)[0]), strict=True))
    assert all((a != b) <= (a in ALL_TERMS and b in ALL_TERMS) for a, b in pairs)
    assert all((a in ALL_TERMS) <= (a != b) for a, b in pairs)


def test_the_class_calls_the_function():
    pairs = (("he", "she"),)
    expected = [rewrite(text, swaps(pairs, False)) for text in TEXTS]
    assert TermSwap(list(pairs)).transform(TEXTS) == expected


def test_by_term():
    found = dict(TermSwap().by_term(["He told her father. He", "they"]))
    assert found["he"] == ["She told her father. She", "they"]
    assert found["her"] == ["He told his father. He", "they"]
    assert found["father"] == ["He told her mother. He", "they"]
    assert {*found} == {"he", "her", "father"}
    X = pd.DataFrame({"text": ["She left", None], "n": [1, 2]})
    ((term, other),) = TermSwap().by_term(X)
    assert (term, other["text"][0]) == ("she", "He left")
    assert other["text"].isna().tolist() == [False, True]
    own = dict(TermSwap([("a", "b")]).by_term(["a b"]))
    assert own == {"a": ["b b"], "b": ["a a"]}


# Merges.


def test_tokens():
    merged = TermMerge().transform(
        ["She and HE, Ex-Wife", "his, him, her, hers", "Mrs, Ms, Mr; mum, dad"]
    )
    assert merged == [
        "He_she and HE_SHE, Ex_Husband_ex_wife",
        "his_her, his_her, his_her, his_her",
        "Mr_ms, Mr_ms, Mr_ms; dad_mom, dad_mom",
    ]
    assert TermMerge().transform(merged) == merged
    names = CountVectorizer().fit(TermMerge().transform(TEXTS)).get_feature_names_out()
    assert {"he_she", "his_her", "son_daughter"} <= {*names}


MODELS = {
    "tf-idf, logistic": make_pipeline(TfidfVectorizer(), LogisticRegression()),
    "counts, naive Bayes": make_pipeline(CountVectorizer(), MultinomialNB()),
    "characters, logistic": make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3)), LogisticRegression()
    ),
    "pairs of words, forest": make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), lowercase=False),
        RandomForestClassifier(20, random_state=0),
    ),
    "neighbours": make_pipeline(TfidfVectorizer(), KNeighborsClassifier(1)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_merged_decisions_never_change_with_the_counterfactual(name):
    train = make_biased_biographies(600, random_state=0)
    test = make_biased_biographies(600, random_state=1)
    model = make_pipeline(TermMerge(), clone(MODELS[name]))
    model.fit(train.data["text"], train.target)
    own, other = (
        model.predict_proba(texts) for texts in (test.data["text"], test.counterfactual)
    )
    assert_array_equal(own, other)
    plain = clone(MODELS[name]).fit(train.data["text"], train.target)
    own, other = map(plain.predict, (test.data["text"], test.counterfactual))
    assert (own != other).mean() > 0.2


# Containers.

LABELLED = pd.Series(TEXTS, index=[5, 3, 9], name="text")
FORMS = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "array": np.array(TEXTS),
    "objects": np.array(TEXTS, dtype=object),
    "series": LABELLED,
    "string": LABELLED.astype("string"),
    "categorical": LABELLED.astype("category"),
    "polars": pl.Series("text", TEXTS),
    "frame": LABELLED.to_frame(),
    "polars frame": pl.DataFrame({"text": TEXTS}),
    "table": np.array(TEXTS)[:, None],
    "rows": [[text] for text in TEXTS],
}


@pytest.mark.parametrize("form", FORMS)
def test_containers(form):
    X = FORMS[form]
    for model in (TermSwap(), TermSwap().fit(X)):
        new = model.transform(X)
        assert_array_equal(np.ravel(new), SWAPPED)
        assert_array_equal(np.ravel(TermSwap().fit_transform(X)), SWAPPED)
        if form not in ("tuple", "rows"):
            assert type(new) is type(X)
        if hasattr(X, "iloc"):
            assert new.index.equals(X.index)
        if hasattr(X, "columns"):
            assert list(new.columns) == ["text"]
        if form in ("string", "objects", "polars", "series"):
            assert new.dtype == X.dtype
        if form in ("array", "table"):
            assert new.dtype.kind == "U"
    if form == "categorical":
        assert sorted(new.cat.categories) == sorted(SWAPPED)


def test_iterators_and_missing_values():
    assert TermSwap().transform(text for text in TEXTS) == SWAPPED
    X = pd.DataFrame({"text": [TEXTS[0], None, np.nan], "n": [1, 2, 3]})
    new = TermSwap().fit_transform(X)
    assert new["text"][0] == SWAPPED[0]
    assert new["text"].isna().tolist() == [False, True, True]
    assert new["n"].tolist() == [1, 2, 3]
    assert TermSwap().transform([None, TEXTS[0]]) == [None, SWAPPED[0]]


def frame():
    return pd.DataFrame(
        {"text": TEXTS, "sex": ["female", "male", "male"], "age": [1.0, 2.0, np.nan]}
    )


def test_columns():
    X = frame()
    before = X.copy()
    every = TermSwap().fit_transform(X)
    assert every["sex"].tolist() == ["male", "female", "female"]
    for columns in ("text", 0, ["text"], [True, False, False]):
        new = TermSwap(columns=columns).fit_transform(X)
        assert new["text"].tolist() == SWAPPED
        assert new["sex"].equals(X["sex"])
    assert X.equals(before)
    assert TermSwap().fit(X).get_feature_names_out().tolist() == ["text", "sex", "age"]
    with pytest.raises(ValueError, match="holds no text at position 2"):
        TermSwap(columns="age").fit(X)
    with pytest.raises(ValueError, match="no columns named 'txt'"):
        TermSwap(columns="txt").transform(X)
    with pytest.raises(ValueError, match="feature names should match"):
        TermSwap().fit(X).transform(X.rename(columns={"text": "other"}))


def test_columns_with_one_name():
    X = pd.DataFrame([[TEXTS[1], TEXTS[1]]], columns=["t", "t"])
    assert TermSwap(columns=1).transform(X).to_numpy().tolist() == [
        [TEXTS[1], SWAPPED[1]]
    ]


@pytest.mark.parametrize("cls", BOTH)
def test_what_is_no_text(cls):
    with pytest.raises(TypeError, match=f"{cls.__name__} takes texts.*before the vec"):
        cls().transform(sparse.eye(3).tocsr())
    with pytest.raises(ValueError, match=r"a single one: pass \[text\]"):
        cls().fit("She")
    for numbers in (np.arange(3), [1, 2], pd.Series([1.0]), pl.Series([1])):
        with pytest.raises(ValueError, match=r"array of numbers. Reshape your data"):
            cls().transform(numbers)
    for table in (np.eye(2), pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [True]})):
        with pytest.warns(
            UserWarning, match="X has no column of text among .*as it is"
        ):
            assert_array_equal(cls().transform(table), table)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_set_output(output):
    container = {"pandas": pd, "polars": pl}[output]
    X = container.DataFrame({"text": TEXTS, "sex": ["female", "male", "male"]})
    for table in (X, X.to_numpy()):
        new = TermSwap().set_output(transform=output).fit_transform(table)
        assert type(new) is container.DataFrame
        assert_array_equal(new.to_numpy()[:, 0], SWAPPED)
    # A list of texts stays one, for the vectoriser behind it.
    with config_context(transform_output=output):
        assert TermSwap().fit(TEXTS).transform(TEXTS) == SWAPPED
        assert TermSwap().fit_transform(TEXTS) == SWAPPED
        words = make_pipeline(TermSwap(), CountVectorizer()).fit(TEXTS)
        assert "daughter" in words[-1].vocabulary_


# In the tools of scikit-learn.


def test_in_pipelines_and_column_transformers():
    data = make_biased_biographies(300, random_state=0)
    text, y = data.data[["text"]], data.target
    merged = TfidfVectorizer().fit_transform(TermMerge().transform(text["text"]))
    inside = make_column_transformer(
        (make_pipeline(TermMerge(), TfidfVectorizer()), "text")
    )
    outside = make_pipeline(
        TermMerge(), make_column_transformer((TfidfVectorizer(), "text"))
    )
    plain = make_pipeline(TermMerge(), TfidfVectorizer())
    for model, X in ((inside, text), (outside, text), (plain, text["text"])):
        assert (model.fit_transform(X) != merged).nnz == 0
    grid = {"termmerge__pairs": ["english-gender", [("he", "she")]]}
    pipeline = make_pipeline(TermMerge(), TfidfVectorizer(), LogisticRegression())
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    search.fit(text["text"], y)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] != scores[1]
    copy = pickle.loads(pickle.dumps(search))
    assert_array_equal(copy.predict(text["text"]), search.predict(text["text"]))


def test_inside_sensitive_columns():
    train = make_biased_biographies(800, random_state=0)
    words = make_pipeline(
        TermMerge(), make_column_transformer((TfidfVectorizer(), "text"))
    )
    parity = ParityLogisticRegression(pos_label="surgeon")
    model = SensitiveColumns(make_pipeline(words, parity), "sex")
    model.fit(train.data, train.target)
    assert model.estimator_[-1].groups_.tolist() == ["female", "male"]
    assert model.estimator_[-1].gap_ < 1e-10
    other = train.data.assign(text=train.counterfactual)
    assert_array_equal(model.predict_proba(train.data), model.predict_proba(other))


@pytest.mark.parametrize("cls", BOTH)
def test_parameters(cls):
    model = cls([("a", "b")], columns="text")
    assert clone(model).get_params() == model.get_params()
    assert pickle.loads(pickle.dumps(model)).get_params() == model.get_params()
    with pytest.raises(ValueError, match="'pairs' parameter"):
        cls(3).fit(TEXTS)
