"""Labels of points, at places where they cover nothing."""

from itertools import pairwise, product

import numpy as np

# Distance of a label from its point, and around every point and line that it must not
# cover, in points of 1/72 inch: markers have a radius of 3. With half as much, labels
# touch them.
DISTANCE, MARGIN = 7, 3
# Pixels between points of the line that are kept free, less than a label is high. With
# twice as many, a short label would fit between two.
STEP = 6
# Labels that are tried. Usual axes have room for some forty: of 1,000 points
# in a line 37 get one, 35 with half as many trials, and 39 with twice as many or more.
MOST_TRIED = 200
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
    scale = figure.dpi / 72
    inside, labels, taken = ax.get_window_extent().extents, [], np.empty((0, 4))
    for i in [i for i in order if np.isfinite(pixels[i]).all()][:MOST_TRIED]:
        text = ax.annotate(
            texts[i],
            points[i],
            xytext=(0, 0),
            textcoords="offset points",
            **options,
        )
        box = text.get_window_extent()
        boxes = _boxes(pixels[i], box.width, box.height, DISTANCE * scale)
        free = _are_free(boxes, inside, taken, occupied, MARGIN * scale)
        if not free.any():
            text.remove()
            continue
        first = int(free.argmax())
        _move(text, *SIDES[first])
        labels.append(text)
        taken = np.vstack([taken, boxes[first]])
    return labels


def _between(corners):
    """Points on each segment of a line, arrays of shape (n_points, 2)."""
    return [
        np.linspace(a, b, 2 + int(np.hypot(*(b - a)) / STEP))
        for a, b in pairwise(corners)
    ]


def _boxes(point, width, height, distance):
    """Where a label is on each side of its point, (n_sides, 4): x0, y0, x1, y1."""
    sides, size = np.array(SIDES), np.array([width, height])
    # A label on the left ends at the distance from its point, one on the right starts.
    low = point + sides * distance + 0.5 * (sides - 1) * size
    return np.hstack([low, low + size])


def _move(text, x, y):
    """Put a label on a side of its point."""
    text.set_position((x * DISTANCE, y * DISTANCE))
    text.set_horizontalalignment({-1: "right", 0: "center", 1: "left"}[x])
    text.set_verticalalignment({-1: "top", 0: "center", 1: "bottom"}[y])


def _are_free(boxes, inside, taken, occupied, margin):
    """Whether each box is inside of the axes, and covers no point and no other box."""
    x0, y0, x1, y1 = boxes.T[:, :, None]  # (n_sides, 1) each
    within = (boxes[:, :2] >= inside[:2]) & (boxes[:, 2:] <= inside[2:])
    x, y = occupied.T  # (n_occupied,)
    covers = (x > x0 - margin) & (x < x1 + margin)
    covers &= (y > y0 - margin) & (y < y1 + margin)
    left, bottom, right, top = taken.T  # (n_taken,)
    overlaps = (left < x1) & (right > x0) & (bottom < y1) & (top > y0)
    return within.all(axis=1) & ~covers.any(axis=1) & ~overlaps.any(axis=1)
