"""Lines that say how far a long computation is, for the parameter `verbose`."""

import sys
from dataclasses import dataclass, field
from time import monotonic

# Lines of a loop with verbose=1. With twice as many, those of a cross-validation around
# the loop are hard to follow.
LINES = 10


@dataclass(frozen=True)
class Progress:
    """Prints a line to standard output for each step that it is told of.

    Parameters
    ----------
    owner : str, default=""
        Name of the estimator or function, which starts each line.
    verbose : int, default=0
        0 prints nothing; 1 some ten lines of each loop; 2 a line for each step.
    start : float, default=now
        When the computation began. The clock is that of the machine, so that other
        processes can report, too.
    """

    owner: str = ""
    verbose: int = 0
    start: float = field(default_factory=monotonic)

    def __call__(self, what, number=None, total=None, *, last=False, **values):
        """Report a step that is done.

        Parameters
        ----------
        what : str
            What was done.
        number : int, default=None
            Which one, counted from 1.
        total : int, default=None
            How many there are at most.
        last : bool, default=False
            Whether there are no more, although there could be.
        **values : float
            Numbers to show, by their names.
        """
        if self.verbose < 1 or not (last or self._is_shown(number, total)):
            return
        position = "/".join(str(n) for n in (number, total) if n is not None)
        shown = [
            f"{name.replace('_', ' ')} {_format(value)}"
            for name, value in values.items()
        ]
        details = ", ".join([*shown, f"{monotonic() - self.start:.1f} s"])
        sys.stdout.write(f"[{self.owner}] {' '.join([what, position]).strip()}: ")
        sys.stdout.write(f"{details}\n")
        sys.stdout.flush()

    def _is_shown(self, number, total):
        """Whether a step is among the lines of verbose=1, as the last one always is."""
        if self.verbose > 1 or total is None:
            return True
        return number * LINES // total > (number - 1) * LINES // total


SILENT = Progress()


def _format(value):
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
