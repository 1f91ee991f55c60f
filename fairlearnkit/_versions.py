"""What to say of an installation in a report of a fault."""

import os
import platform
import re
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version

# Extras for work on the library itself: what they install changes no result.
FOR_DEVELOPERS = {"dev", "docs", "test"}
REQUIREMENT = re.compile(
    r"([\w.-]+)(?:\[[\w,]+\])?[^;]*(?:;.*?extra == ['\"](\w+)['\"])?"
)


def show_versions():
    """Print the versions of Python and of all dependencies, and the threads of BLAS.

    Paste the output into the report of a fault. It contains no path, name of a user or
    name of a machine. Optional packages that are missing are listed as such.

    Examples
    --------
    >>> import fairlearnkit
    >>> fairlearnkit.show_versions()
    System:
        python: 3...
    Packages:
        fairlearnkit: ...
        numpy: ...
    Threads:
        ...
    """
    sections = {
        "System": system_info(),
        "Packages": package_versions(),
        "Threads": thread_pools(),
    }
    for title, entries in sections.items():
        print(f"{title}:")
        for name, value in entries:
            print(f"    {name}: {value}")


def system_info():
    """Python, the operating system, and the number of cores, as pairs of strings."""
    return [
        ("python", sys.version.replace("\n", " ")),
        ("system", platform.platform()),
        ("cores", str(os.cpu_count())),
    ]


def package_versions():
    """Pairs (name, version) of the library, its dependencies and those of its extras.

    The names are those of the metadata of the installed package.
    """
    found = [
        match.groups() for match in map(REQUIREMENT.match, requires("fairlearnkit"))
    ]
    required = [name for name, extra in found if extra is None]
    optional = [n for n, extra in found if extra and extra not in FOR_DEVELOPERS]
    # An extra can name another one, as `fairlearnkit[plot]`: the library comes first.
    names = dict.fromkeys(["fairlearnkit", *required, *sorted(optional, key=str.lower)])
    return [(name, _version(name)) for name in names]


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def thread_pools():
    """Pairs (library, version and threads) of BLAS and OpenMP in this process."""
    # Libraries are known once they are loaded; this one loads BLAS and OpenMP.
    import_module("sklearn.linear_model")
    from threadpoolctl import threadpool_info

    return [
        (
            f"{pool['user_api']} ({pool['internal_api']})",
            f"{pool['version']}, {pool['num_threads']} threads",
        )
        for pool in threadpool_info()
    ]
