"""The parts of a report, one for each positive class, and numbers as text."""

from math import floor, isnan, log10

# Significant digits of numbers such as mean predictions, by the largest of a column.
# With more, digits are shown that the intervals make meaningless.
DIGITS = 5
# Decimals of rates: a hundred thousand rows tell less than 0.003 apart. With four, most
# digits would be noise.
RATE_DECIMALS = 3
# Decimals of the smallest numbers; smaller ones are shown as 0.
MOST_DECIMALS = 8


def parts_of(numbers):
    """Parts of a report that hold measures.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    parts : list of (str or None, dict)
        Positive class, None if there is only one or none, and the numbers.
    """
    first = [(None, numbers)] if numbers["difference"] else []
    return [*first, *numbers["by_class"].items()]


def decimals_of(numbers, part, measure):
    """Number of decimals of a measure and of its differences.

    Parameters
    ----------
    numbers : dict
        The report.
    part : dict
        The part that holds the measure.
    measure : str
        Its name.

    Returns
    -------
    decimals : int
    """
    if numbers["target"] == "classes":
        return RATE_DECIMALS
    rows = [*part["groups"].values(), part["overall"]]
    largest = max((abs(row[measure]) for row in rows), default=0.0)
    return decimals_for(largest)


def decimals_for(largest):
    """Decimals that show `DIGITS` digits of a number; 3 for 0 and NaN."""
    if largest == 0 or isnan(largest):
        return RATE_DECIMALS
    return min(MOST_DECIMALS, max(0, DIGITS - 1 - floor(log10(largest))))


def privacy_text(numbers):
    """Epsilon, the unit of privacy and the noise; None without noise.

    Parameters
    ----------
    numbers : dict
        The report.

    Returns
    -------
    text : str or None
    """
    privacy = numbers["privacy"]
    if privacy is None:
        return None
    deviation = f"{privacy['noise_standard_deviation']:.3g}"
    return (
        f"epsilon = {privacy['epsilon']:g} for {privacy['unit']}: "
        f"{privacy['mechanism']}, of standard deviation {deviation}"
    )


def kind_of_intervals(numbers):
    """What the intervals of the groups are, such as "Wilson interval"."""
    if numbers["privacy"] is not None:
        return "interval for sampling and noise"
    return "Wilson interval" if numbers["target"] == "classes" else "bootstrap interval"


def interval_text(gap, numbers, decimals, undefined="nan"):
    """A number, with its interval if the report has intervals.

    Parameters
    ----------
    gap : dict
        "estimate", "low" and "high".
    numbers : dict
        The report.
    decimals : int
        Decimals of all three.
    undefined : str, default="nan"
        Text for a number that is not defined.

    Returns
    -------
    text : str
    """
    text = number_text(gap["estimate"], decimals, undefined)
    if numbers["confidence_level"] is None or text == undefined != "nan":
        return text
    return f"{text} [{gap['low']:.{decimals}f}, {gap['high']:.{decimals}f}]"


def number_text(value, decimals, undefined="nan"):
    """A number as text."""
    return undefined if isnan(value) else f"{value:.{decimals}f}"
