"""Limits of BLAS threads that overlap in threads, or lie within one another."""

from threading import Event, Thread

import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from fairlearnkit._data.blas_threads import one_blas_thread
from fairlearnkit._data.partitions import compute

dask = pytest.importorskip("dask")

# Seconds until a test fails that would hang.
WAIT = 120


# BLAS libraries of the process that can have several threads; other tests may have
# loaded one that is built for one thread.
ABLE = set()


def threads():
    return [m["num_threads"] for m in threadpool_info() if m["filepath"] in ABLE]


@pytest.fixture(autouse=True)
def _several_threads():
    """With one thread, as in all other tests, no limit shows."""
    with threadpool_limits(3, user_api="blas"):
        found = [m for m in threadpool_info() if m["user_api"] == "blas"]
        ABLE.update(m["filepath"] for m in found if m["num_threads"] == 3)
        assert ABLE
        yield
    ABLE.clear()


def test_limit_within_a_limit():
    with one_blas_thread(ThreadpoolController):
        with one_blas_thread(ThreadpoolController):
            assert set(threads()) == {1}
        assert set(threads()) == {1}
    assert set(threads()) == {3}


def test_computations_of_dask_that_overlap():
    """Each set a limit, and the later one restored that of the first."""
    first_is_in, second_is_in, first_is_out = Event(), Event(), Event()

    def started(mine, other):
        mine.set()
        assert other.wait(WAIT)
        return threads()

    @dask.delayed
    def in_first():
        return started(first_is_in, second_is_in)

    @dask.delayed
    def in_second():
        second_is_in.set()
        assert first_is_out.wait(WAIT)

    def first():
        compute([in_first()])
        first_is_out.set()

    with dask.config.set(scheduler="threads"):
        thread = Thread(target=first)
        thread.start()
        assert first_is_in.wait(WAIT)
        compute([in_second()])
        thread.join()
        assert set(threads()) == {3}
        assert set(compute([dask.delayed(threads)()])[0]) == {1}
    assert set(threads()) == {3}
