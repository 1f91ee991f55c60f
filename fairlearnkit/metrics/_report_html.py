"""A report to hand in, as one HTML page without scripts and without links."""

from html import escape

from ._report_pictures import pictures_of
from ._report_remarks import remarks_of
from ._report_tables import definitions_of, facts_of, tables_of, title_of
from ._report_text import labelled_cells, notes_below

# Narrow screens show each row of a table as a card, with the name of its column beside
# each cell. 640 px is narrower than a printed page, which keeps the tables.
CSS = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem 1.25rem 3rem; color: #1a1a1a;
  background: #fff; overflow-wrap: anywhere;
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2.2rem 0 .6rem; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem;
  margin: 0; }
dt { color: #555; } dd { margin: 0; }
dl.terms dt { color: inherit; font-weight: 600; margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.4;
  font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; text-align: right; vertical-align: top;
  border-bottom: 1px solid #ddd; overflow-wrap: break-word; }
thead th { border-bottom: 2px solid #444; vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 600; }
th:first-child { text-align: left; padding-left: 0; min-width: 7rem;
  overflow-wrap: anywhere; }
.i { color: #555; display: block; white-space: nowrap; }
.n { white-space: nowrap; }
p.note { color: #444; font-size: .88rem; margin: .5rem 0 0; max-width: 46rem; }
figure { margin: 1.6rem 0 0; }
figure svg { display: block; width: 100%; max-width: 35rem; height: auto; }
figcaption { color: #444; font-size: .88rem; margin-top: .4rem; }
ul { padding-left: 1.2rem; max-width: 46rem; } li { margin: .3rem 0; }
@media screen and (max-width: 640px) {
  body { padding: 1rem .9rem 2rem; }
  h1 { font-size: 1.4rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: .4rem; }
  thead { display: none; }
  .i { display: inline-block; }
  table, tbody, tr, th, td { display: block; width: 100%; }
  tbody tr { border: 1px solid #ddd; border-radius: 4px; padding: .4rem .7rem;
    margin: .6rem 0; }
  tbody th, tbody td { border: 0; padding: .12rem 0; overflow-wrap: anywhere; }
  tbody td { display: flex; justify-content: space-between; gap: 1rem; }
  tbody td::before { content: attr(data-label); color: #555; text-align: left;
    flex: none; max-width: 50%; }
}
@media print {
  @page { margin: 15mm 14mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 1.6rem; }
  tr, figure, dl.terms div, li { break-inside: avoid; }
  p.note { break-before: avoid; }
  thead { display: table-header-group; }
  figure svg { max-width: 12cm; }
}
"""


def page_of(numbers):
    """The report as one HTML page.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    html : str
    """
    title = escape(title_of(numbers))
    facts = "".join(
        f'<dt>{escape(term)}</dt><dd dir="auto">{escape(value)}</dd>'
        for term, value in facts_of(numbers)
    )
    terms = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
        for term, text in definitions_of(numbers)
    )
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in remarks_of(numbers))
    tables = "\n".join(map(_section, tables_of(numbers)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f'<h1>{title}</h1>\n<dl class="facts">{facts}</dl>\n'
        f"{_pictures(numbers)}\n{tables}\n"
        f'<h2>Definitions</h2>\n<dl class="terms">{terms}</dl>\n'
        f"<h2>How to read this report</h2>\n<ul>{remarks}</ul>\n</body>\n</html>\n"
    )


def _pictures(numbers):
    """Pictures, or a sentence that says why there are none."""
    pictures, reason = pictures_of(numbers)
    if reason:
        return f'<p class="note">{escape(reason)}</p>'
    return "\n".join(
        f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        for caption, svg in pictures
    )


def _section(table):
    """A table under its heading."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    body = "\n".join(_row(table.header, row) for row in table.rows)
    note = f'\n<p class="note">{escape(table.note)}</p>' if table.note else ""
    return (
        f"<section>\n<h2>{escape(table.heading)}</h2>\n<table>\n<thead><tr>{head}</tr>"
        f"</thead>\n<tbody>\n{body}\n</tbody>\n</table>{note}\n</section>"
    )


def _row(header, row):
    first, *rest = row
    cells = "".join(
        f'<td data-label="{escape(name)}"><span>{_cell(cell)}</span></td>'
        for name, cell in zip(header[1:], rest)
    )
    return f'<tr><th scope="row" dir="auto">{escape(first)}</th>{cells}</tr>'


def _cell(text):
    """A cell in which the interval goes to the next line as a whole."""
    number, bracket, rest = text.partition(" [")
    if bracket and rest.endswith("]"):
        interval = f'<span class="i">[{escape(rest)}</span>'
        return f'<span class="n">{escape(number)}</span> {interval}'
    if text[:1].isdigit():  # a count or a share
        return f'<span class="n">{escape(text)}</span>'
    return escape(text)


def fragment_of(numbers):
    """The tables of the text, for notebooks.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    html : str
    """
    title = numbers["title"]
    blocks = [] if title is None else [f"<p><b>{escape(title)}</b></p>"]
    for label, (header, *lines) in labelled_cells(numbers):
        if label is not None:
            blocks.append(f"<p>Positive class: {escape(label)}</p>")
        head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join(
            f"<tr><th>{escape(first)}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in lines
        )
        blocks.append(
            '<table class="parity-report" style="text-align: right">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )
    return "".join(blocks) + f"<p>{escape(notes_below(numbers))}</p>"
