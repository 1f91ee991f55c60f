"""Names of counts in the table of a search, which say all that a gap needs.

A refit rule gets ``cv_results_`` and nothing else, one number for each name and fold.
So the name of a count says which gap it belongs to and which cell it counts, as Python
would write a call::

    gap: difference(selection_rate, of=1, group='a', true=0, decision=1)
    gap: rows(group='a', true=0)

The first is a sum of weights, the second a number of rows. Names survive a CSV file.
"""

import ast
from typing import NamedTuple

from fairlearnkit._counting.gaps import RateComparison

ROWS = "rows"
KINDS = ("difference", "ratio")


class Gap(NamedTuple):
    """What is computed from the counts.

    ``of`` is the positive class as text, None if each class is taken in turn.
    """

    comparison: RateComparison
    of: str | None
    min_group_size: int


class CountName(NamedTuple):
    """What one name says. Labels are text, as Python writes them.

    ``gap`` and ``decision`` are None for a number of rows.
    """

    gap: Gap | None
    group: str
    true: str
    decision: str | None


def label_text(label):
    """A label as Python writes it, or its ``str`` in quotes if that cannot be read."""
    text = repr(label)
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return repr(str(label))
    return text


def prefix_of(name):
    """How the names of all counts of a gap start."""
    return f"{name}: "


def name_of_weight(name, gap, group, true, decision):
    """Name of a sum of weights; labels are given as text."""
    comparison, of, min_group_size = gap
    arguments = list(comparison.rates)
    if comparison.aggregate != "worst":
        arguments.append(f"aggregate={comparison.aggregate!r}")
    if of is not None:
        arguments.append(f"of={of}")
    if min_group_size:
        arguments.append(f"min_group_size={min_group_size}")
    arguments += [f"group={group}", f"true={true}", f"decision={decision}"]
    kind = KINDS[comparison.ratio]
    return f"{prefix_of(name)}{kind}({', '.join(arguments)})"


def name_of_rows(name, group, true):
    """Name of a number of rows; labels are given as text."""
    return f"{prefix_of(name)}{ROWS}(group={group}, true={true})"


def parse_name(text):
    """What a name says, without the part that `prefix_of` returns.

    Parameters
    ----------
    text : str
        Such as ``"rows(group='a', true=0)"``.

    Returns
    -------
    name : CountName

    Raises
    ------
    ValueError
        The text is no name of a count.
    """
    try:
        call = ast.parse(text, mode="eval").body
        kind, rates = call.func.id, tuple(argument.id for argument in call.args)
        values = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        cell = [values.pop("group"), values.pop("true")]
        if kind == ROWS:
            return CountName(None, *cell, None)
        decision, of = values.pop("decision"), values.pop("of", None)
        options = {name: ast.literal_eval(value) for name, value in values.items()}
        min_group_size = options.pop("min_group_size", 0)
        comparison = RateComparison(rates, bool(KINDS.index(kind)), **options)
    except (SyntaxError, AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{text!r} is not the name of a count, as pooled_scorers writes it."
        raise ValueError(msg) from error
    return CountName(Gap(comparison, of, min_group_size), *cell, decision)
