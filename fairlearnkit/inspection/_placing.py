"""Labels of points, at places where they cover nothing."""

from itertools import pairwise, product

import numpy as np

# Distance of a label from its point, and around every point and line that it must not
# cover, in points of 1/72 inch: markers have a radius of 3. With half as much, labels
# touch them.
DISTANCE, MARGIN = 7, 3
# Points of a line that are kept free, for each of its segments: one for each 10 pixels
# of axes that are 500 wide. With half as many, a short label fits between two.
ON_SEGMENT = 50
# Sides of a point in x and y, -1, 0 or 1: above first, then beside, then below.
SIDES = [(x, y) for y, x in product((1, 0, -1), (1, -1, 0)) if (x, y) != (0, 0)]


def label_points(ax, points, texts, order, line=(), **options):
    """Write texts beside points, leaving out those that find no free place.

    1. Lay the figure out, since places are in pixels.
    2. Try the sides of each point, and take the first at which the text is inside of
       the axes and covers neither a point, nor the line, nor another label.

    Parameters
    ----------
    ax : matplotlib Axes
        Where the points are.
    points : ndarray of shape (n_points, 2)
        Their coordinates.
    texts : list of str
        Of each point.
    order : sequence of int
        Points to label; those that come first are served first.
    line : sequence of int, default=()
        Points that a line joins.
    **options : dict
        Keywords of ``annotate``.

    Returns
    -------
    labels : list of matplotlib Annotation
    """
    figure = ax.figure.canvas.figure  # the whole one, of a SubFigure too
    figure.draw_without_rendering()
    pixels = ax.transData.transform(points)  # (n_points, 2)
    occupied = np.concatenate([pixels, *_between(pixels[list(line)])])
    margin = MARGIN * figure.dpi / 72
    inside, labels, taken = ax.get_window_extent(), [], []
    for i in order:
        if not np.isfinite(pixels[i]).all():
            continue
        text = ax.annotate(
            texts[i],
            points[i],
            xytext=(0, 0),
            textcoords="offset points",
            **options,
        )
        box = _free_box(text, inside, taken, occupied, margin)
        if box is None:
            text.remove()
            continue
        labels.append(text)
        taken.append(box)
    return labels


def _between(corners):
    """Points on each segment of a line, arrays of shape (ON_SEGMENT, 2)."""
    return [np.linspace(a, b, ON_SEGMENT) for a, b in pairwise(corners)]


def _free_box(text, inside, taken, occupied, margin):
    """Move a text to the first side of its point that is free; None if none is."""
    for x, y in SIDES:
        text.set_position((x * DISTANCE, y * DISTANCE))
        text.set_horizontalalignment({-1: "right", 0: "center", 1: "left"}[x])
        text.set_verticalalignment({-1: "top", 0: "center", 1: "bottom"}[y])
        box = text.get_window_extent()
        within = inside.containsx(box.x0) and inside.containsx(box.x1)
        within = within and inside.containsy(box.y0) and inside.containsy(box.y1)
        above = occupied > (box.x0 - margin, box.y0 - margin)
        below = occupied < (box.x1 + margin, box.y1 + margin)
        covers = (above & below).all(axis=1).any()
        if within and not covers and not box.count_overlaps(taken):
            return box
    return None
