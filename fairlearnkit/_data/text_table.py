"""Tables of text."""


def aligned(lines):
    """Lines of cells as text: the first column to the left, the others to the right.

    Parameters
    ----------
    lines : list of list of str
        Cells, as many in each line.

    Returns
    -------
    text : str
    """
    first_width, *widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join(
            [
                first.ljust(first_width),
                *(cell.rjust(width) for cell, width in zip(rest, widths)),
            ]
        ).rstrip()
        for first, *rest in lines
    )
