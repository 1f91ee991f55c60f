"""Pictures of a report: the library's own Displays, as SVG inside of the page."""

import io
from xml.etree import ElementTree

import numpy as np

from fairlearnkit._data.quiet import without_warnings

from ._report_parts import kind_of_intervals, parts_of

# Groups that can be told apart by colour, line and marker. With twice as many, pictures
# would show pairs of groups that look the same.
MOST_GROUPS = 28
# Pictures of one page, one for each positive class. Doubled, a page has a megabyte.
MOST_PICTURES = 6
# Characters of a label in the legend. Doubled, one label fills the width of a phone.
MOST_CHARACTERS = 36
WIDTH = 5.2  # inches: at the size of letters of the text around
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
STYLE = {
    "svg.fonttype": "none",  # text stays text, in a font of the reader
    "svg.hashsalt": "fairlearnkit",  # equal reports have equal pages
    "font.size": 10,
    "font.family": "sans-serif",
}


def pictures_of(numbers):
    """Pictures of a report, and a sentence if there are none.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    pictures : list of (str, str)
        Caption and SVG.
    reason : str
        Why there are none; empty if there are.
    """
    parts = parts_of(numbers)
    if len(numbers["groups"]) > MOST_GROUPS or len(parts) > MOST_PICTURES:
        return [], (
            f"There are no pictures, since there are more than {MOST_GROUPS} groups or "
            f"{MOST_PICTURES} classes."
        )
    try:
        from matplotlib.style import context
    except ImportError:
        return [], (
            "There are no pictures, since matplotlib was not installed where the "
            "report was made."
        )
    draw = _draw_rates if numbers["target"] == "classes" else _draw_distributions
    pictures = []
    # Labels in scripts that matplotlib's font lacks are drawn by the browser.
    missing = without_warnings(UserWarning, "Glyph .* missing from")
    with missing, context(["default", STYLE]):
        for k, (label, part) in enumerate(parts):
            caption, figure = draw(numbers, label, part)
            pictures.append((caption, _svg_of(figure, f"picture{k}-", caption)))
    return pictures, ""


def _draw_rates(numbers, label, part):
    """Rates of one positive class by group."""
    from fairlearnkit.inspection import GroupRatesDisplay

    names, measures = list(part["groups"]), list(part["difference"])
    ends = {key: np.array(list(part["intervals"][key].values())) for key in measures}
    display = GroupRatesDisplay(
        groups=short_labels(names),
        counts=[row["count"] for row in part["groups"].values()],
        rates={
            key: np.array([row[key] for row in part["groups"].values()])
            for key in measures
        },
        low={key: ends[key][:, 0] for key in measures},
        high={key: ends[key][:, 1] for key in measures},
        overall={key: part["overall"][key] for key in measures},
        pos_label=None if part["pos_label"] is None else _safe(str(part["pos_label"])),
    )
    # Room for a mark of each group in each rate.
    height = 0.4 + len(measures) * (0.25 + 0.11 * len(names))
    figure = _draw(display, height, len(names) + 1)
    caption = "Rates by group" if label is None else f"Rates, positive class: {label}"
    if numbers["confidence_level"] is not None:
        level = 100 * numbers["confidence_level"]
        plural = kind_of_intervals(numbers).replace("interval", "intervals")
        caption += f", with {level:g} % {plural}"
    return f"{caption}.", figure


def _draw_distributions(numbers, label, part):
    """Distribution functions of numeric predictions by group."""
    from fairlearnkit.inspection import ScoreDistributionDisplay

    shares = np.array(numbers["quantiles"]["share"])
    quantiles = numbers["quantiles"]["groups"]
    display = ScoreDistributionDisplay(
        groups=short_labels(list(quantiles)),
        after=[(np.array(values), shares) for values in quantiles.values()],
        score_name="prediction",
    )
    figure = _draw(display, 3.0, len(quantiles))
    return "Share of each group with at most this prediction, at every percent.", figure


def _draw(display, height, n_entries):
    """A figure with a Display, and its legend below, where it covers nothing."""
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    ax = figure.subplots()
    display.plot(ax=ax)
    handles, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    longest = max(map(len, labels))
    columns = 1 if longest > 26 else 2  # that fit side by side
    lines = -(-n_entries // columns)
    figure.legend(
        handles, labels, loc="outside lower left", ncols=columns, frameon=False
    )
    figure.set_size_inches(WIDTH, max(height, 1.6) + 0.6 + 0.21 * lines)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure


def short_labels(names):
    """Labels for a legend: cut where they are long, different, and no markup.

    Parameters
    ----------
    names : list of str
        Names of the groups.

    Returns
    -------
    labels : list of str
    """
    half = MOST_CHARACTERS // 2
    cut = [
        name if len(name) <= MOST_CHARACTERS else f"{name[:half]}…{name[-half:]}"
        for name in (" ".join(name.split()) for name in names)
    ]
    if len(set(cut)) < len(cut):
        cut = [f"{k}: {name}" for k, name in enumerate(cut, start=1)]
    return [_safe(name) for name in cut]


def _safe(text):
    """Text that matplotlib takes neither for a formula nor for a hidden label."""
    text = text.replace("$", r"\$")
    return f"\N{WORD JOINER}{text}" if text.startswith("_") else text


def _svg_of(figure, prefix, caption):
    """A figure as an SVG element, whose ids differ from those of other pictures.

    Parameters
    ----------
    figure : matplotlib Figure
        The figure.
    prefix : str
        Put before each id.
    caption : str
        What a screen reader says.

    Returns
    -------
    svg : str
    """
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, prefix + value)
            elif name == f"{{{XLINK}}}href" and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            elif "url(#" in value:
                element.set(name, value.replace("url(#", f"url(#{prefix}"))
    for child in root.findall(f"{{{SVG}}}metadata"):
        root.remove(child)
    root.set("role", "img")
    root.set("aria-label", caption)
    return ElementTree.tostring(root, encoding="unicode")
