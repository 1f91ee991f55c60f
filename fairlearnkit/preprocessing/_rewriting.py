"""Pairs of terms, and texts in which each term is replaced, as pure functions."""

import re
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from . import _term_pairs as english

ENGLISH = "english-gender"
# A compound with hyphens is one word: the "man" of "man-made" is not the term "man".
# An apostrophe ends a word, so that "she's" and "father's" hold a term.
WORD = r"\w+(?:-\w+)*"
SPACES = re.compile(r"\s+")
# What may be between a pronoun and its noun, as in "her [or his] own", "her 'own'".
OPENING = re.compile(r"[\])]?\s+[\"'\u201c\u2018(\[$]*")


class Replacements(NamedTuple):
    """What becomes of each word of a text.

    Parameters
    ----------
    table : dict of str to str
        The new word, by the exact form of the old one.
    by_context : dict of str to tuple of str
        For words that mean either of two: the new word before a noun, and elsewhere.
    words : re.Pattern
        One group that matches a word.
    """

    table: dict
    by_context: dict
    words: re.Pattern


def read_pairs(pairs):
    """The pairs of a user, checked to be one-to-one.

    Parameters
    ----------
    pairs : str, or iterable of (str, str) or str
        "english-gender", or pairs of terms, among which this name stands for its pairs.

    Returns
    -------
    pairs : tuple of (str, str)
        All pairs but those of words that depend on the context, in the order given.
    is_english : bool
        Whether the built-in pairs are among them.

    Raises
    ------
    ValueError
        If something is no pair of two different terms, or a term occurs twice.
    """
    listed = [pairs] if isinstance(pairs, str) else list(pairs)
    found, names = [], [item for item in listed if isinstance(item, str)]
    if unknown := [name for name in names if name != ENGLISH]:
        msg = (
            f"pairs={unknown[0]!r} is not known; use {ENGLISH!r} or a list of pairs of "
            f"terms, [('he', 'she'), ...], which may hold {ENGLISH!r} itself."
        )
        raise ValueError(msg)
    for item in listed:
        found += _all_of_english() if item == ENGLISH else [_read_pair(item)]
    if not found:
        msg = "pairs is empty: give at least one pair of terms, [('he', 'she')]."
        raise ValueError(msg)
    _check_one_to_one(found, bool(names))
    return tuple(found), bool(names)


def _all_of_english():
    return [*english.ENGLISH_GENDER, *english.TITLES]


def _read_pair(item):
    """A pair of a user, with spaces that stand for any."""
    if not _is_pair(item):
        msg = (
            f"pairs holds {item!r}: give pairs of two different terms, each of which "
            "starts and ends with a letter or digit, such as ('he', 'she')."
        )
        raise ValueError(msg)
    return tuple(SPACES.sub(" ", term) for term in item)


def _is_pair(item):
    is_two = isinstance(item, list | tuple) and len(item) == 2
    if not is_two or not all(isinstance(term, str) for term in item):
        return False
    return item[0] != item[1] and all(re.fullmatch(r"\w(.*\w)?", t) for t in item)


def _check_one_to_one(pairs, is_english):
    """Raise an error for a form that two terms have."""
    seen = {}
    if is_english:
        words = english.PRONOUNS, *english.ONE_WAY, *english.TITLES_ONE_WAY
        seen = {form: ENGLISH for term in chain(*words) for form in forms(term)}
        for form in chain(*map(forms, chain(*_all_of_english()))):
            seen.pop(form, None)  # the other side of one way, which is in a pair
    for pair in pairs:
        for form in dict.fromkeys(chain(*cased(*pair))):
            if form in seen:
                msg = (
                    f"pairs must be one-to-one: {form!r} of {pair} is also in "
                    f"{seen[form]!r}. Leave one of the two out."
                )
                raise ValueError(msg)
            seen[form] = pair


def forms(term):
    """The forms in which a term is found: as given, and if in lower case, three more.

    Parameters
    ----------
    term : str
        One word, or several.

    Returns
    -------
    forms : list of str
        "mother-in-law", "Mother-in-law", "Mother-In-Law", "MOTHER-IN-LAW".
    """
    if term != term.lower() or term in chain(*english.TITLES, *english.TITLES_ONE_WAY):
        return [term]
    return [term, term[0].upper() + term[1:], term.title(), term.upper()]


def cased(first, second):
    """Pairs of forms of two terms; as given only, if that holds for one of them."""
    if len(forms(first)) != len(forms(second)):
        return [(first, second)]
    return list(zip(forms(first), forms(second)))


@lru_cache(maxsize=32)
def swaps(pairs, is_english):
    """Replacements by which the terms of each pair change places.

    Parameters
    ----------
    pairs : tuple of (str, str)
        As `read_pairs` returns them.
    is_english : bool
        Whether the rules for "her" and its kind hold.

    Returns
    -------
    replacements : Replacements
    """
    table = {}
    for pair in pairs:
        for a, b in cased(*pair):
            table.setdefault(a, b)
            table.setdefault(b, a)
    by_context = {}
    if is_english:
        for pair in _english_one_way():
            table |= cased(*pair)
        for term, near in english.BEFORE_NOUN.items():
            both = zip(forms(term), forms(near), forms(english.ELSEWHERE[term]))
            by_context |= {form: (noun, other) for form, noun, other in both}
    return Replacements(table, by_context, _words(table))


@lru_cache(maxsize=32)
def merges(pairs, is_english):
    """Replacements by which both terms of each pair become one token.

    Parameters
    ----------
    pairs : tuple of (str, str)
        As `read_pairs` returns them.
    is_english : bool
        Whether "his", "her", "him" and "hers" become one token, too.

    Returns
    -------
    replacements : Replacements
    """
    table = {}
    for pair in pairs:
        for a, b in cased(*pair):
            table.setdefault(a, _token(a, b))
            table.setdefault(b, table[a])
    if is_english:
        first, second = english.PRONOUNS[:2]
        tokens = [_token(a, b) for a, b in cased(first, second)]
        for term in english.PRONOUNS:
            table |= zip(forms(term), tokens)
        for term, other in (*english.ONE_WAY, *english.TITLES_ONE_WAY):
            table |= {a: table[b] for a, b in cased(term, other)}
    return Replacements(table, {}, _words(table))


def _token(a, b):
    """A name for both forms that vectorisers take for one word, in the case of a."""
    other = b if a != a.lower() and a == a.upper() else b.lower()
    return re.sub(r"\W+", "_", f"{a}_{other}")


def _english_one_way():
    return (*english.PRONOUNS_ONE_WAY, *english.ONE_WAY, *english.TITLES_ONE_WAY)


def _words(table):
    """Pattern of a word, or of a term that is no single word, as "first lady"."""
    plain = re.compile(WORD)
    special = [t for t in sorted(table, key=len)[::-1] if not plain.fullmatch(t)]
    if not special:
        return re.compile(f"({WORD})")
    listed = "|".join(map(re.escape, special))
    return re.compile(rf"((?<![\w-])(?:{listed})(?![\w-])|{WORD})")


def words_of(text, replacements):
    """The words of a text, of which there are none in anything but a str."""
    return replacements.words.split(text)[1::2] if isinstance(text, str) else ()


def single_terms(replacements, found):
    """Replacements of one term each, by the term, that leave all others as they are.

    Parameters
    ----------
    replacements : Replacements
        Of any number of terms.
    found : set of str
        The words that occur. Other terms are left out.

    Returns
    -------
    terms : dict of str to Replacements
        By the term in lower case.
    """
    terms = {}
    for kind in ("table", "by_context"):
        for form, new in getattr(replacements, kind).items():
            if form not in found:
                continue
            empty = Replacements({}, {}, replacements.words)
            one = terms.setdefault(form.lower(), empty)
            getattr(one, kind)[form] = new
    return terms


def rewrite(text, replacements):
    """A text with its terms replaced.

    Parameters
    ----------
    text : str or object
        Anything but a str, such as a missing value, is returned as it is.
    replacements : Replacements
        What becomes of each term.

    Returns
    -------
    text : str or object
    """
    if not isinstance(text, str):
        return text
    table, by_context, words = replacements
    # Words are at odd positions, and what is between them at even ones.
    parts = words.split(text)
    new = list(map(table.get, parts, parts))
    if by_context:
        for i in range(1, len(parts), 2):
            if parts[i] in by_context:
                near, other = by_context[parts[i]]
                new[i] = near if _is_before_noun(parts, i) else other
    return "".join(new)


def _is_before_noun(parts, i):
    """Whether a noun phrase seems to follow: another word, and none of NO_NOUN."""
    if i + 2 >= len(parts) or not OPENING.fullmatch(parts[i + 1]):
        return False
    following = parts[i + 2].lower()
    second = parts[i + 4].lower() if i + 4 < len(parts) else ""
    if following == "or" and second in english.BEFORE_NOUN:  # "his or her book"
        return _is_before_noun(parts, i + 4)
    return following not in english.NO_NOUN
