"""What all Displays share: axes, styles, legends and tables."""

from itertools import cycle

# Okabe and Ito's colours, black first: colour-blind readers can tell them apart, and
# with lines and markers they differ in grey, too.
# The 7 colours and 4 lines are cycled together, so that 28 pairs are different.
COLORS = ("#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# A legend of more than 10 groups is drawn beside the axes, in columns of 20 rows. With
# twice as many, it would cover most of the axes, or be higher than the figure.
MOST_GROUPS_INSIDE, ROWS_OF_LEGEND = 10, 20


def get_axes(ax):
    """Axes to draw on, new ones for None, and their figure."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = (
            "Displays draw with matplotlib, which is not installed: "
            'python -m pip install "fairlearnkit[plot]".'
        )
        raise ImportError(msg) from error
    if ax is None:
        _, ax = plt.subplots(layout="constrained")
    return ax, ax.figure


def styles(labels):
    """Colour, line and marker of each label, different for the first 28 labels."""
    looks = zip(cycle(COLORS), cycle(LINES), cycle(MARKERS))
    return [
        {"color": color, "linestyle": line, "marker": marker}
        for _, (color, line, marker) in zip(labels, looks)
    ]


def to_frame(columns):
    """Columns as a DataFrame."""
    import pandas as pd

    return pd.DataFrame(columns)


def name_positive_class(text, pos_label):
    """Label of an axis, with the positive class if there is one."""
    return text if pos_label is None else f"{text} (positive class: {pos_label})"


def add_legend(ax, n_groups, **options):
    """Add a legend, beside the axes if it would cover them."""
    if n_groups > MOST_GROUPS_INSIDE:
        options |= {
            "loc": "upper left",
            "bbox_to_anchor": (1.01, 1.0),  # right of the axes, at the top
            "fontsize": "x-small",
            "ncols": -(-n_groups // ROWS_OF_LEGEND),  # rounded up
        }
    ax.legend(**options)
