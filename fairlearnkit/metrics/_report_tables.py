"""What a report to hand in says: facts, tables and definitions, as text in cells.

Markdown and HTML show the same; they differ in how a cell is written.
"""

from dataclasses import dataclass

from fairlearnkit._counting.rates import RATES
from fairlearnkit._data.counts import SMALL_CELL

from ._report_parts import (
    RATE_DECIMALS,
    decimals_of,
    interval_text,
    kind_of_intervals,
    number_text,
    parts_of,
    privacy_text,
)
from ._report_text import note_of_undefined_resamples

UNDEFINED = "not defined"


@dataclass(frozen=True)
class Table:
    """A table of text, whose first column names the rows.

    Parameters
    ----------
    heading : str
        What it shows.
    header : list of str
        Names of the columns.
    rows : list of list of str
        Cells.
    note : str, default=""
        What is to be known about it.
    """

    heading: str
    header: list
    rows: list
    note: str = ""


def title_of(numbers):
    """Title of the report."""
    return numbers["title"] or "Comparison of groups"


def facts_of(numbers):
    """What the report is about, as pairs of a term and its value.

    Parameters
    ----------
    numbers : dict
        The report.

    Returns
    -------
    facts : list of (str, str)
    """
    n_compared = numbers["overall"]["count"]
    facts = [
        ("Model", numbers["model"]),
        ("Data", numbers["data"]),
        ("Date", numbers["date"]),
        ("Groups by", ", ".join(numbers["sensitive_features"])),
        ("Rows", _rows_text(numbers["n_rows"], n_compared, numbers["privacy"])),
        ("Privacy", privacy_text(numbers)),
        ("Positive class", _positive_text(numbers)),
        ("Reference group", numbers["reference"]),
        (
            "Weights",
            "all numbers but counts of rows are weighted"
            if numbers["weighted"]
            else "none",
        ),
        ("Intervals", _interval_fact(numbers)),
        ("Computed by", ", ".join(f"{k} {v}" for k, v in numbers["versions"].items())),
    ]
    return [(term, value) for term, value in facts if value is not None]


def _rows_text(n_rows, n_compared, privacy):
    if privacy is not None:
        return f"{n_rows:,}, with noise, of the declared groups and classes"
    rest = n_rows - n_compared
    left = f", {rest:,} of them without a group or weight, left out" if rest else ""
    return f"{n_rows:,}{left}"


def _positive_text(numbers):
    if numbers["by_class"]:
        return f"each in turn: {', '.join(numbers['by_class'])}"
    label = numbers["pos_label"]
    return None if label is None else str(label)


def _interval_fact(numbers):
    level = numbers["confidence_level"]
    if level is None:
        return "none"
    if numbers["privacy"] is not None:
        return f"{100 * level:g} %, for sampling and noise"
    if numbers["target"] == "classes":
        return f"{100 * level:g} %, Wilson's, Newcombe's, and Donner and Zou's"
    return f"{100 * level:g} %, from {numbers['n_resamples']:,} bootstrap resamples"


def tables_of(numbers):
    """All tables of a report.

    Parameters
    ----------
    numbers : dict
        The report.

    Returns
    -------
    tables : list of Table
    """
    tables = []
    for label, part in parts_of(numbers):
        suffix = "" if label is None else f", positive class: {label}"
        found = [_values(numbers, part), _gaps(numbers, part)]
        if part["impact_ratio"] is not None:
            found.append(_impact(numbers, part))
        if part["to_reference"] is not None:
            found += [_against(numbers, part, kind) for kind in ("difference", "ratio")]
        tables += [
            Table(table.heading + suffix, table.header, table.rows, table.note)
            for table in found
        ]
    return [*tables, _distances(numbers)] if "ks" in numbers else tables


def measure_title(name):
    """Name of a measure as a heading."""
    return name.replace("_", " ").capitalize()


def _group_title(numbers):
    return ", ".join(numbers["sensitive_features"])


def _values(numbers, part):
    """Rates, or means and errors, of each group."""
    measures = list(part["difference"])
    total = part["overall"]["count"]
    rows = [
        [
            _marked(name, numbers),
            f"{row['count']:,}",
            _share_text(row["count"], total),
            *(_value_text(numbers, part, key, name) for key in measures),
        ]
        for name, row in part["groups"].items()
    ]
    overall = [
        number_text(part["overall"][key], decimals_of(numbers, part, key), UNDEFINED)
        for key in measures
    ]
    rows.append(["All rows", f"{total:,}", _share_text(total, total), *overall])
    kind = "Rates" if numbers["target"] == "classes" else "Means and errors"
    header = [_group_title(numbers), "Rows", "Share of rows"]
    header += map(measure_title, measures)
    return Table(f"{kind} by group", header, rows, _note_of_values(numbers, part))


def _share_text(count, total):
    """Share of the rows; counts with noise may be 0 or less."""
    return f"{100 * max(count, 0) / total:.1f} %" if total > 0 else UNDEFINED


def _value_text(numbers, part, key, name):
    decimals = decimals_of(numbers, part, key)
    low, high = part["intervals"][key][name]
    value = {"estimate": part["groups"][name][key], "low": low, "high": high}
    star = "*" if name in part["small_rates"][key] else ""
    text = interval_text(value, numbers, decimals, UNDEFINED)
    return text.replace(" [", f"{star} [") if " [" in text else text + star


def _marked(name, numbers):
    marks = ["small"] if name in numbers["small_groups"] else []
    marks += ["not compared"] if name in numbers["left_out"] else []
    return f"{name} ({', '.join(marks)})" if marks else name


def _note_of_values(numbers, part):
    notes = []
    if numbers["confidence_level"] is not None:
        level = 100 * numbers["confidence_level"]
        kind, more = kind_of_intervals(numbers), ""
        if numbers["privacy"] is not None:
            kind, more = "interval", ", which allows for sampling and noise"
        notes.append(f"In brackets: {level:g} % {kind} of each number{more}.")
    if numbers["small_groups"]:
        notes.append(f"Small: fewer than {SMALL_CELL} rows.")
    if numbers["left_out"]:
        notes.append(f"Not compared: fewer than {numbers['min_group_size']} rows.")
    if any(part["small_rates"].values()):
        notes.append(f"* The number rests on fewer than {SMALL_CELL} rows.")
    return " ".join(notes)


def _gaps(numbers, part):
    """The largest gap of each measure, and the two groups behind it."""
    rows = []
    for key, pair in part["pairs"].items():
        decimals = decimals_of(numbers, part, key)
        gap, ratio = part["difference"][key], part["ratio"][key]
        rows.append(
            [
                measure_title(key),
                interval_text(gap, numbers, decimals, UNDEFINED),
                _end_text(pair.get("lowest"), part, key, decimals),
                _end_text(pair.get("highest"), part, key, decimals),
                interval_text(ratio, numbers, RATE_DECIMALS, UNDEFINED),
            ]
        )
    header = ["", "Difference", "Lowest", "Highest", "Ratio"]
    notes = [
        "Difference: highest minus lowest. Ratio: lowest divided by highest. In "
        "parentheses: the rows that the number is about.",
        *note_of_undefined_resamples([part]),
    ]
    return Table("Largest gaps between two groups", header, rows, " ".join(notes))


def _end_text(end, part, key, decimals):
    if end is None:
        return UNDEFINED
    if part["difference"][key]["estimate"] == 0:
        return "all groups alike"
    value = number_text(part["groups"][end["group"]][key], decimals)
    rows = "row" if end["count"] == 1 else "rows"
    return f"{end['group']}: {value} ({end['count']:,} {rows})"


def _impact(numbers, part):
    """Selection rates divided by that of the most selected group."""
    impact = part["impact_ratio"]
    rows = [
        [
            name,
            number_text(part["groups"][name]["selection_rate"], RATE_DECIMALS),
            interval_text(gap, numbers, RATE_DECIMALS, UNDEFINED),
        ]
        for name, gap in impact["groups"].items()
    ]
    header = [_group_title(numbers), "Selection rate", "Impact ratio"]
    is_private = numbers["privacy"] is not None
    note = _note_of_impact(impact["most_selected"], part, is_private)
    return Table("Impact ratios", header, rows, note)


def _note_of_impact(top, part, is_private):
    if top is not None:
        return (
            f"Most selected: {top}. Impact ratio: the selection rate of a group "
            "divided by that of the most selected group. The intervals allow for not "
            "knowing which group that is."
        )
    if part["overall"]["selection_rate"] == 0:
        return "Nobody is selected, so that there is no ratio."
    if is_private:
        return "With noise a group has no rows, so that there is no ratio."
    return "A group has no rows of positive weight, so that there is no ratio."


def _against(numbers, part, kind):
    """Differences or ratios of each group to the reference group."""
    compared = part["to_reference"]
    base, by_measure = compared["group"], compared[kind]
    names = [name for name in numbers["groups"] if name not in numbers["left_out"]]
    rows = []
    for name in names:
        cells = []
        for key, by_group in by_measure.items():
            places = decimals_of(numbers, part, key)
            places = places if kind == "difference" else RATE_DECIMALS
            cells.append(interval_text(by_group[name], numbers, places, UNDEFINED))
        rows.append([name, *(cells if name != base else ["reference"] * len(cells))])
    verb = "minus" if kind == "difference" else "divided by"
    heading = f"{kind.capitalize()}s to the reference group, {base}"
    note = f"The number of each group {verb} that of {base}."
    header = [_group_title(numbers), *map(measure_title, by_measure)]
    return Table(heading, header, rows, note)


def _distances(numbers):
    """Kolmogorov-Smirnov distances of the predictions."""
    ks = numbers["ks"]
    rows = [
        [name, interval_text(gap, numbers, RATE_DECIMALS, UNDEFINED)]
        for name, gap in ks["groups"].items()
    ]
    lower, higher = ks["pair"]["lower"], ks["pair"]["higher"]
    between = f", between {lower} (lower predictions) and {higher} (higher predictions)"
    note = (
        f"Largest distance between two groups: "
        f"{interval_text(ks, numbers, RATE_DECIMALS)}"
        f"{between if lower != higher else ''}. Groups are farther apart in resamples "
        "than in the rows themselves, so that distances near 0 are held too rarely."
    )
    header = [_group_title(numbers), "Distance to all other rows"]
    return Table("Distances between distributions of predictions", header, rows, note)


# What a rate is about, with {label} for the positive class.
DEFINITIONS = {
    "selection_rate": "Share of rows that are predicted as {label}.",
    "true_positive_rate": "Of the rows whose true class is {label}, the share that is "
    "predicted as {label}.",
    "false_negative_rate": "Of the rows whose true class is {label}, the share that is "
    "predicted as another class.",
    "false_positive_rate": "Of the rows whose true class is not {label}, the share "
    "that is predicted as {label}.",
    "true_negative_rate": "Of the rows whose true class is not {label}, the share that "
    "is predicted as another class.",
    "positive_predictive_value": "Of the rows that are predicted as {label}, the share "
    "whose true class is {label}.",
    "negative_predictive_value": "Of the rows that are predicted as another class than "
    "{label}, the share whose true class is not {label}.",
    "accuracy": "Share of rows whose prediction is the true class.",
    "error_rate": "Share of rows whose prediction is not the true class.",
    "mean_prediction": "Mean of the predictions.",
    "mean_target": "Mean of the true values.",
    "mean_error": "Mean of prediction minus true value; above 0, predictions are too "
    "high on average.",
    "mean_absolute_error": "Mean of the sizes of the errors.",
    "root_mean_squared_error": "Square root of the mean of the squared errors.",
}


def definitions_of(numbers):
    """What each measure of the report is, as pairs of a term and its definition.

    Parameters
    ----------
    numbers : dict
        The report.

    Returns
    -------
    definitions : list of (str, str)
    """
    measures = {
        key: None for _, part in parts_of(numbers) for key in part["difference"]
    }
    label = numbers["pos_label"]
    label = "the positive class" if label is None else str(label)
    found = [
        (measure_title(key), _definition(key).replace("{label}", label))
        for key in measures
    ]
    if "ks" in numbers:
        text = (
            "Kolmogorov-Smirnov distance: the largest difference, over all thresholds, "
            "of the shares of two groups whose prediction is at most the threshold; "
            "between 0 and 1."
        )
        found.append(("Distance", text))
    return found


def _definition(key):
    """Definition of a measure; of a rate of one's own, the rows that it counts."""
    return DEFINITIONS.get(key) or f"A share of the {RATES[key].rows}."
