"""Run checks and report which of them failed."""

import warnings
from inspect import getdoc
from unittest import SkipTest

from .tools import name_of


def quietly(check, target):
    """Run a check with warnings ignored: its data are small on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(target)


def status_of(target, check, reason=None):
    """Run a check and return its status.

    Parameters
    ----------
    target : object
        Argument of the check.
    check : callable
        Raises an error if it fails, and SkipTest if it cannot run.
    reason : str, default=None
        Why it is expected to fail.

    Returns
    -------
    status : str
        "passed", "skipped: ...", "expected to fail: ..." or "failed: ...".
    """
    try:
        quietly(check, target)
    except SkipTest as skip:
        return f"skipped: {skip}"
    except Exception as error:
        if reason:
            return f"expected to fail: {reason}"
        return f"failed: {type(error).__name__}: {error}"
    return "failed: passed, but was expected to fail" if reason else "passed"


def run(pairs, expected, title):
    """Run all checks, then raise one error that lists those that failed.

    Parameters
    ----------
    pairs : iterable of tuple (object, callable)
        The object to check, and the check.
    expected : dict of str to str
        Names of checks that cannot pass, with reasons.
    title : str
        What is checked, for the message.

    Returns
    -------
    results : list of tuple (str, str)
        Name and status of each check.

    Raises
    ------
    AssertionError
        At least one check failed.
    ValueError
        `expected` names a check that is not run.
    """
    pairs = [(target, check, name_of(check)) for target, check in pairs]
    unknown = set(expected) - {name for _, _, name in pairs}
    if unknown:
        msg = (
            f"expected_failed_checks names {sorted(unknown)}, which are not among the "
            f"checks for {title}."
        )
        raise ValueError(msg)
    results, failures = [], []
    for target, check, name in pairs:
        status = status_of(target, check, expected.get(name))
        results.append((name, status))
        if status.startswith("failed"):
            summary = (getdoc(getattr(check, "func", check)) or "").partition("\n")[0]
            failures.append(f"- {name} {status}\n  {summary}".rstrip())
    if failures:
        counts = f"{len(failures)} of {len(results)} checks"
        msg = "\n".join([f"{counts} failed for {title}:", *failures])
        raise AssertionError(msg)
    return results
