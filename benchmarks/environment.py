"""An environment with packages of its own, in which a worker script is run."""

import os
import subprocess
import tempfile
import venv
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def environment(*packages, python=None):
    """Path of a Python that has the packages.

    Parameters
    ----------
    *packages : str
        Requirements, which are installed from PyPI into a temporary environment.
    python : str, default=None
        A Python that has them already; nothing is installed then.
    """
    if python is not None:
        yield python
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        yield python
