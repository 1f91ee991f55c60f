"""What all Displays share: axes, styles, legends and tables."""

from itertools import cycle
from textwrap import fill

from fairlearnkit._data.pandas_door import load_pandas

# Okabe and Ito's colours, black first: colour-blind readers can tell them apart, and
# with lines and markers they differ in grey, too.
# The 7 colours and 4 lines are cycled together, so that 28 pairs are different.
COLORS = ("#000000", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
LINES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
# A legend of more than 10 entries, or with a text of more than 32 characters, is drawn
# beside the axes, in columns of 20 rows, with texts wrapped. With twice as many entries
# it would cover most of the axes, or be higher than the figure.
MOST_INSIDE, ROWS_OF_LEGEND, WIDEST = 10, 20, 32
# Width in inches of a character of such a legend (7 to 8 points, half as wide as high),
# and of a handle with its margins; they decide how much wider a new figure is made.
CHARACTER, HANDLE = 0.06, 0.6
# matplotlib's own size of a figure, in inches.
WIDTH, HEIGHT = 6.4, 4.8


def get_axes(ax, legend=(), height=HEIGHT):
    """Axes to draw on, new ones for None, and their figure.

    Parameters
    ----------
    ax : matplotlib Axes or None
        Given axes are used as they are.
    legend : sequence of str, default=()
        Texts of the legend, for which new axes have room beside them if need be.
    height : float, default=HEIGHT
        Height of a new figure in inches.

    Returns
    -------
    ax : matplotlib Axes
    figure : matplotlib Figure
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = (
            "Displays draw with matplotlib, which is not installed: "
            'python -m pip install "fairlearnkit[plot]".'
        )
        raise ImportError(msg) from error
    if ax is None:
        size = WIDTH + _width_beside(legend), height
        _, ax = plt.subplots(layout="constrained", figsize=size)
    return ax, ax.figure


def group_names(labels):
    """Labels of groups as texts; those of an intersection are joined by commas."""
    return [
        ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        for label in labels
    ]


def styles(labels):
    """Colour, line and marker of each label, different for the first 28 labels."""
    looks = zip(cycle(COLORS), cycle(LINES), cycle(MARKERS))
    return [
        {"color": color, "linestyle": line, "marker": marker}
        for _, (color, line, marker) in zip(labels, looks)
    ]


def to_frame(columns):
    """Columns as a DataFrame."""
    pd = load_pandas("frame()")

    return pd.DataFrame(columns)


def name_positive_class(text, pos_label):
    """Label of an axis, with the positive class if there is one."""
    return text if pos_label is None else f"{text} (positive class: {pos_label})"


def add_legend(ax, **options):
    """Add a legend, beside the axes if it would cover them."""
    handles, texts = ax.get_legend_handles_labels()
    if _is_beside(texts):
        options |= {
            "loc": "upper left",
            "bbox_to_anchor": (1.01, 1.0),  # right of the axes, at the top
            "fontsize": "small" if len(texts) <= MOST_INSIDE else "x-small",
            "title_fontsize": "small",
            "ncols": _n_columns(texts),
        }
    return ax.legend(handles, [fill(text, WIDEST) for text in texts], **options)


def _is_beside(texts):
    """Whether a legend of these texts would cover too much of the axes."""
    return len(texts) > MOST_INSIDE or max(map(len, texts), default=0) > WIDEST


def _n_columns(texts):
    n_lines = sum(fill(text, WIDEST).count("\n") + 1 for text in texts)
    return -(-n_lines // ROWS_OF_LEGEND)  # rounded up


def _width_beside(texts):
    """Inches that a legend takes beside the axes; 0 if it is drawn inside them."""
    if not _is_beside(texts):
        return 0.0
    widest = max(min(len(text), WIDEST) for text in texts)
    return _n_columns(texts) * (HANDLE + CHARACTER * widest)
