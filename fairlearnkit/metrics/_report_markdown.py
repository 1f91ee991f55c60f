"""A report to hand in, as Markdown."""

import re

from ._report_remarks import remarks_of
from ._report_tables import definitions_of, facts_of, tables_of, title_of

# Characters that Markdown takes as markup; a backslash before each makes it plain.
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def markdown_of(numbers):
    """The report as Markdown, with tables in the form of GitHub.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    text : str
    """
    lines = [f"# {plain(title_of(numbers))}", ""]
    lines += [f"- {term}: {plain(value)}" for term, value in facts_of(numbers)]
    for table in tables_of(numbers):
        lines += ["", f"## {plain(table.heading)}", "", *_table_lines(table)]
        if table.note:
            lines += ["", plain(table.note)]
    lines += ["", "## Definitions", ""]
    lines += [f"- {term}: {plain(text)}" for term, text in definitions_of(numbers)]
    lines += ["", "## How to read this report", ""]
    lines += [f"- {plain(remark)}" for remark in remarks_of(numbers)]
    return "\n".join(lines) + "\n"


def plain(text):
    """Text that Markdown shows as it is, in one line."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def _table_lines(table):
    yield _line(table.header)
    yield _line([":--", *["--:"] * (len(table.header) - 1)], raw=True)
    for row in table.rows:
        yield _line(row)


def _line(cells, raw=False):
    return f"| {' | '.join(cells if raw else map(plain, cells))} |"
