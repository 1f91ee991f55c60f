"""Warnings that are ignored in one thread, for as long as a computation lasts."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from fairlearnkit._data import quiet
from fairlearnkit._data.quiet import without_warnings

# Seconds until a test fails that would hang.
WAIT = 120


@pytest.mark.parametrize("contextual", [False, True])
def test_only_the_category_and_message_that_are_named(monkeypatch, contextual):
    monkeypatch.setattr(quiet, "CONTEXTUAL", contextual)
    before = list(warnings.filters)
    with without_warnings(UserWarning, "Known"):
        warnings.warn("Known, and more", UserWarning, stacklevel=1)
        with pytest.warns(UserWarning, match="Another"):
            warnings.warn("Another", UserWarning, stacklevel=1)
        with pytest.warns(RuntimeWarning, match="Known"):
            warnings.warn("Known", RuntimeWarning, stacklevel=1)
    with pytest.warns(UserWarning, match="Known"):
        warnings.warn("Known", UserWarning, stacklevel=1)
    assert warnings.filters == before


def test_other_threads_hear_warnings():
    with without_warnings(), ThreadPoolExecutor(1) as pool:
        warnings.warn("here", UserWarning, stacklevel=1)
        done = pool.submit(warnings.warn, "there", UserWarning)
        with pytest.raises(UserWarning, match="there"):  # an error, in all tests
            done.result()


def test_contexts_that_overlap_leave_nothing_behind():
    """With `warnings.catch_warnings` all warnings are ignored afterwards."""
    before = list(warnings.filters)
    steps = Barrier(2)

    def first():
        with without_warnings():
            steps.wait(WAIT)  # both are in
            steps.wait(WAIT)
        steps.wait(WAIT)  # this one has left

    def second():
        with without_warnings():
            steps.wait(WAIT)
            steps.wait(WAIT)
            steps.wait(WAIT)
            warnings.warn("ignored", UserWarning, stacklevel=1)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    assert warnings.filters == before
    with pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)


def test_a_copy_of_the_filters_that_is_restored_has_no_effect():
    """Another library may have copied the filters in another thread."""
    with warnings.catch_warnings():
        with without_warnings():
            copy = list(warnings.filters)
        assert len(copy) == len(warnings.filters) + 1
        warnings.filters[:] = copy
        with pytest.raises(UserWarning, match="heard"):
            warnings.warn("heard", UserWarning, stacklevel=1)


def test_filters_that_are_reset_within():
    with warnings.catch_warnings():
        with without_warnings():
            warnings.resetwarnings()
            warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="heard"):
            warnings.warn("heard", UserWarning, stacklevel=1)


def test_errors_go_through():
    before = list(warnings.filters)
    with pytest.raises(ValueError, match="stop"), without_warnings():
        raise ValueError("stop")
    assert warnings.filters == before
