"""Peak memory of this process."""

import resource
import sys
from pathlib import Path


def peak_bytes():
    """Largest resident size so far.

    ``ru_maxrss`` starts at the size of the process that started this one; where the
    kernel tells the peak of this program alone, that is taken.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * int(lines["VmHWM"].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)  # bytes there, kB elsewhere


def size_bytes():
    """Resident size now, where the kernel tells it; else the largest so far."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_bytes()
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return 1024 * int(lines["VmRSS"].split()[0])
