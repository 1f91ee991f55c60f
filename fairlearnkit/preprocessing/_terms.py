"""Transformers that exchange the terms of a text, or make both of a pair the same."""

import warnings
from functools import partial

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

from fairlearnkit._data.columns import column_names, find_columns
from fairlearnkit._data.texts import (
    is_one_dimensional,
    map_texts,
    read_texts,
    text_columns,
)
from fairlearnkit.utils._sklearn_private import (
    DocumentedMixin,
    _check_feature_names_in,
    _fit_context,
    _wrap_data_with_container,
)

from ._rewriting import merges, read_pairs, rewrite, single_terms, swaps, words_of


class TextMethods:
    """Methods that take one-dimensional X, a list or Series of texts, as well.

    They are defined outside of the transformers because scikit-learn's ``set_output``
    makes a frame of whatever ``transform`` of a transformer returns, and a vectoriser
    takes no frame.
    """

    def transform(self, X):
        """Rewrite the texts of X.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Texts, or a table with texts.

        Returns
        -------
        X_new : array-like of shape (n_samples,) or (n_samples, n_features)
            In the container of X. Missing values, and columns of numbers, are returned
            as they are.
        """
        X, new = self._rewritten(X, self._replacements())
        if is_one_dimensional(X):
            return new
        return _wrap_data_with_container("transform", new, X, self)

    def fit_transform(self, X, y=None):
        """Check the parameters and X, and rewrite its texts.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Texts, or a table with texts.
        y : None
            Ignored.

        Returns
        -------
        X_new : array-like of shape (n_samples,) or (n_samples, n_features)
            As `transform` returns it.
        """
        return self.fit(X, y).transform(X)


class BaseTermTransformer(
    TextMethods, TransformerMixin, DocumentedMixin, BaseEstimator
):
    """A transformer without a state that rewrites terms; a subclass says how."""

    _parameter_constraints: dict = {  # noqa: RUF012
        "pairs": [str, list, tuple],
        "columns": [str, int, "array-like", None],
    }

    def __init__(self, pairs="english-gender", *, columns=None):
        self.pairs = pairs
        self.columns = columns

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the parameters and X; nothing is learned from X.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Texts, or a table with texts.
        y : None
            Ignored.

        Returns
        -------
        self : object
            This transformer.
        """
        self.pairs_ = list(read_pairs(self.pairs)[0])
        X = read_texts(X, type(self).__name__)
        if not is_one_dimensional(X):
            self._check_table(X, reset=True)
            self._positions(X)
        return self

    def get_feature_names_out(self, input_features=None):
        """Names of the transformed features: those of X.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the features of X; None takes the names seen in fit.

        Returns
        -------
        names : ndarray of str
            One for each column.
        """
        return _check_feature_names_in(self, input_features)

    def _rewritten(self, X, replacements):
        """X as it was read, and with its terms replaced."""
        return self._read(X, partial(rewrite, replacements=replacements))

    def _read(self, X, function):
        """X as it was read, and with a function applied to its texts."""
        X = read_texts(X, type(self).__name__)
        positions = None
        if not is_one_dimensional(X):
            X = self._check_table(X, reset=False)
            positions = self._positions(X)
        return X, map_texts(function, X, positions)

    def _check_table(self, X, *, reset):
        """A table with the columns of fit, if there was one."""
        if hasattr(X, "columns"):
            if reset or hasattr(self, "n_features_in_"):
                validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        return validate_data(
            self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan"
        )

    def _positions(self, X):
        """Positions of the columns to rewrite."""
        may = text_columns(X)
        if self.columns is None:
            if not may:
                msg = (
                    f"X has no column of text among {column_names(X) or X.shape[1]}: "
                    f"{type(self).__name__} returns it as it is."
                )
                warnings.warn(msg, UserWarning, stacklevel=4)
            return may
        chosen = find_columns(X, self.columns).tolist()
        if numbers := sorted(set(chosen) - set(may)):
            msg = f"columns={self.columns!r} holds no text at position {numbers[0]}."
            raise ValueError(msg)
        return chosen

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True  # columns of text in a table
        tags.input_tags.allow_nan = True
        tags.requires_fit = False
        return tags


class TermSwap(BaseTermTransformer):
    r"""Exchange the two terms of each pair: the counterfactual text.

    With pairs :math:`(a_k, b_k)`, every word w of a text becomes

    .. math:: s(a_k) = b_k, \quad s(b_k) = a_k, \quad s(w) = w \text{ otherwise}

    so that "She thanked her father" becomes "He thanked his mother". It is a
    transformer, and also the `swap` that
    :class:`~fairlearnkit.compose.CounterfactualEnsemble` and
    :func:`~fairlearnkit.metrics.counterfactual_difference` take. Nothing is learned
    from X. Groups are not needed at fit, nor at transform.

    Parameters
    ----------
    pairs : str or list of tuple (str, str), default="english-gender"
        "english-gender" stands for about 120 pairs of English words, see `pairs_` after
        `fit`. A list may hold this name beside pairs of your own, for instance
        ``["english-gender", ("Mary", "John")]``. Each term may be in one pair only. A
        term in lower case is found in lower case, capitalised and in capitals, and its
        partner is written the same way; a term with a capital letter is found as it is
        given, so that ("Mark", "Mary") leaves the verb "mark" alone.
    columns : str, int or list, default=None
        For X with columns: names or positions of those to rewrite. None rewrites all
        columns of text.

    Attributes
    ----------
    pairs_ : list of tuple (str, str)
        All pairs, in the order given.
    n_features_in_ : int
        Number of columns. Only defined if X had columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had string column names.

    Raises
    ------
    TypeError
        If X is sparse.
    ValueError
        If `pairs` are not pairs of different terms, or a term is in two of them; if X
        is a single text, or one-dimensional and holds numbers; if `columns` are not
        found, or hold numbers.

    Warns
    -----
    UserWarning
        If X has columns and none of them holds text.

    See Also
    --------
    TermMerge : Makes one token of both terms, and needs no second version of a text.
    fairlearnkit.metrics.counterfactual_difference : What a swap changes.

    Notes
    -----
    Words are runs of letters and digits. A compound with hyphens is one word:
    "man-made" stays as it is, while "mother-in-law" and "ex-wife" are terms of their
    own. An apostrophe ends a word, as in "she's". Terms of several words ("first lady")
    are found with single spaces between them.

    "his", "him", "her" and "hers" cannot be paired without their context. The rule
    looks at the next word. "his" and "her" are exchanged unless this is one of about
    200 words that rarely start a noun phrase ("for", "the", "and", "was", ...), or
    punctuation or the end of the text comes first. In these cases "her" becomes "him",
    and "his" becomes "hers". "him" always becomes "her", and "hers" always "his".
    :ref:`term_swap_errors` measures how often the rule errs.

    Two swaps restore a text, but for "him" before a noun ("gave him books"), "hers"
    before one, "mum" and "Mrs" (which becomes "Mr" and then "Ms"). Mixed cases such as
    "sHE" stay as they are. Words that only hint at a group (a hobby, a school, a name
    that is in no pair) are not changed, and neither is agreement in languages that
    inflect more than English.

    References
    ----------
    Maudslay, Gonen, Cotterell, Teufel: It's All in the Name: Mitigating Gender Bias
    with Name-Based Counterfactual Data Substitution. EMNLP 2019. Garg, Perot,
    Limtiaco, Taly, Chi, Beutel: Counterfactual Fairness in Text Classification through
    Robustness. AIES 2019.

    Examples
    --------
    >>> from fairlearnkit.preprocessing import TermSwap
    >>> TermSwap().transform(["She thanked her father.", "HE'S a self-made man"])
    ['He thanked his mother.', "SHE'S a self-made woman"]
    >>> swap = TermSwap(["english-gender", ("Mary", "John")])
    >>> swap.transform(["Mary told him", "John told her"])
    ['John told her', 'Mary told him']
    """

    def __call__(self, X):
        """Exchange the terms of X, without fit: the swap as a function.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Texts, or a table with texts.

        Returns
        -------
        X_new : array-like of shape (n_samples,) or (n_samples, n_features)
            In the container of X.
        """
        return self._rewritten(X, self._replacements())[1]

    def by_term(self, X):
        """Replace one term after the other, and leave all others as they are.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            Texts, or a table with texts.

        Yields
        ------
        term : str
            A term in lower case, such as "she"; each that occurs in X.
        X_new : array-like of shape (n_samples,) or (n_samples, n_features)
            X with this term replaced by its partner. The partner stays as it is.
        """
        replacements, found = self._replacements(), set()

        def collect(text):
            found.update(words_of(text, replacements))
            return text

        X, _ = self._read(X, collect)
        for term, one in single_terms(replacements, found).items():
            yield term, self._rewritten(X, one)[1]

    def _replacements(self):
        return swaps(*read_pairs(self.pairs))


class TermMerge(BaseTermTransformer):
    r"""Make one token of the two terms of each pair, before a vectoriser.

    With pairs :math:`(a_k, b_k)`, every word w of a text becomes

    .. math:: m(a_k) = m(b_k) = t_k, \quad m(w) = w \text{ otherwise}

    so that "she" and "he" both become "he_she". A text and its counterfactual version
    become the same, and so do all decisions about them. Nothing is learned from X.
    Groups are not needed at fit, nor at transform.

    Parameters
    ----------
    pairs : str or list of tuple (str, str), default="english-gender"
        As in :class:`TermSwap`.
    columns : str, int or list, default=None
        For X with columns: names or positions of those to rewrite. None rewrites all
        columns of text.

    Attributes
    ----------
    pairs_ : list of tuple (str, str)
        All pairs, in the order given.
    n_features_in_ : int
        Number of columns. Only defined if X had columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had string column names.

    Raises
    ------
    TypeError
        If X is sparse.
    ValueError
        As in :class:`TermSwap`.

    Warns
    -----
    UserWarning
        If X has columns and none of them holds text.

    See Also
    --------
    TermSwap : Exchanges the terms instead.

    Notes
    -----
    Any deterministic model behind it decides the same about a text and about what
    ``TermSwap(pairs)`` makes of it, or a person who exchanges the same terms by hand:
    "his", "her", "him" and "hers" become one token, "his_her", so that no rule is
    needed to tell them apart. The case of a term is kept ("She" becomes "He_she"),
    which is the same for both terms. Groups may still get different decisions on
    average, from words that are in no pair.

    Lists of stop words contain "he" and "she" but not "he_she". Add the new tokens to
    your list if they should be dropped.

    References
    ----------
    Kusner, Loftus, Russell, Silva: Counterfactual Fairness. NeurIPS 2017, for decisions
    that are equal for both versions of a row.

    Examples
    --------
    >>> from fairlearnkit.preprocessing import TermMerge
    >>> TermMerge().transform(["She thanked her father.", "He thanked his mother."])
    ['He_she thanked his_her father_mother.', 'He_she thanked his_her father_mother.']
    """

    def _replacements(self):
        return merges(*read_pairs(self.pairs))
