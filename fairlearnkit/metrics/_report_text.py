"""The numbers of `parity_report` as a table of text, with notes below."""

from fairlearnkit._data.counts import SMALL_CELL


def text_of(numbers):
    """The report as text.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    text : str
        Columns are right-aligned, except for the names of the rows.
    """
    lines = table_cells(numbers)
    first_width, *widths = [max(map(len, column)) for column in zip(*lines)]
    text = [
        "  ".join(
            [
                first.ljust(first_width),
                *(cell.rjust(width) for cell, width in zip(rest, widths)),
            ]
        ).rstrip()
        for first, *rest in lines
    ]
    notes = notes_below(numbers)
    return "\n".join([*text, "", notes] if notes else text)


def table_cells(numbers):
    """Cells of the table, as lists of text.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    lines : list of list of str
        The header first.
    """
    rates = list(numbers["difference"])
    groups = [*numbers["groups"].items(), ("all rows", numbers["overall"])]
    return [
        ["", "count", *rates],
        *(_line_of_rates(label, row, rates, numbers) for label, row in groups),
        *(_line_of_gaps(kind, rates, numbers) for kind in ("difference", "ratio")),
    ]


def _line_of_rates(label, row, rates, numbers):
    small = " (small)" if label in numbers["small_groups"] else ""
    values = [
        f"{row[rate]:.3f}{'*' if label in numbers['small_rates'][rate] else ''}"
        for rate in rates
    ]
    return [f"{label}{small}", str(row["count"]), *values]


def _line_of_gaps(kind, rates, numbers):
    cells = []
    for rate in rates:
        gap = numbers[kind][rate]
        interval = f" [{gap['low']:.3f}, {gap['high']:.3f}]"
        has_interval = numbers["confidence_level"] is not None
        cells.append(f"{gap['estimate']:.3f}{interval if has_interval else ''}")
    return [kind, "", *cells]


def notes_below(numbers):
    """What the marks in the table mean, in one line.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    notes : str
        Empty if there is nothing to explain.
    """
    notes, level = [], numbers["confidence_level"]
    if numbers["pos_label"] is not None:
        notes.append(f"Positive class: {numbers['pos_label']}.")
    if level is not None:
        notes.append(f"[ ]: {100 * level:g} % bootstrap interval.")
    if numbers["small_groups"]:
        notes.append(f"(small): fewer than {SMALL_CELL} rows.")
    if any(numbers["small_rates"].values()):
        notes.append(f"*: of fewer than {SMALL_CELL} rows.")
    notes += _note_of_undefined_resamples(numbers)
    # The first two cells of a line are a name, which may contain "nan", and a count.
    if any("nan" in cell for line in table_cells(numbers) for cell in line[2:]):
        notes.append("nan: no such rows in a group, or a ratio of rates that are 0.")
    return " ".join(notes)


def _note_of_undefined_resamples(numbers):
    """Ratios are undefined where differences are, and for rates that are all 0."""
    without_cell, undefined = (
        _most_undefined(numbers[kind]) for kind in ("difference", "ratio")
    )
    causes = ["lack a group or a cell"] if without_cell else []
    causes += ["have rates that are all 0"] if undefined > without_cell else []
    if not causes:
        return []
    return [
        f"Up to {max(without_cell, undefined)} resamples of an interval "
        f"{' or '.join(causes)} and were left out."
    ]


def _most_undefined(gaps):
    """Largest number of resamples that were left out of the interval of a defined gap.

    A gap that is not defined for the rows themselves has its own note.
    """
    # NaN is the one value that differs from itself.
    defined = [gap for gap in gaps.values() if gap["estimate"] == gap["estimate"]]
    return max((gap["n_undefined"] for gap in defined), default=0)
