"""Progress of training, with `verbose`."""

import sys


def report_epoch(epoch, max_iter, curves, *, last):
    """Print a line for an epoch; in a terminal, overwrite the line of the one before.

    Parameters
    ----------
    epoch : int
        Counted from 0.
    max_iter : int
        Largest number of epochs.
    curves : dict of list
        Values of each epoch so far; empty ones are not shown.
    last : bool
        Whether training stops after this epoch.
    """
    done = (epoch + 1) / max_iter
    values = ", ".join(
        f"{name} {curve[-1]:.4g}" for name, curve in curves.items() if curve
    )
    line = f"Epoch {epoch + 1}/{max_iter}: {values}"
    if sys.stdout.isatty():
        bar = "#" * round(20 * done)
        end = "\n" if last or done == 1 else ""
        sys.stdout.write(f"\r[{bar:<20}] {line}{end}")
    else:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
