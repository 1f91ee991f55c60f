"""All inputs: what each of them is, and what has to come of it.

Each is one of three: another form of the same values, whose answer has to be that of
plain float64 arrays; values that have an answer, which an oracle checks; or something
without an answer, which is an error that says so.
"""

from . import groups, rows, searches, tables, targets, texts, weights

INPUTS = [
    *tables.INPUTS,
    *texts.INPUTS,
    *targets.INPUTS,
    *groups.INPUTS,
    *weights.INPUTS,
    *searches.INPUTS,
    *rows.INPUTS,
]
