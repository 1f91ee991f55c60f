"""A scheduler that every task travels to, as to the workers of a cluster, at no cost."""

import cloudpickle
import dask


def pickled(graph, keys, **_):
    """Run a graph in this thread, once it has been pickled and read again."""
    return dask.get(cloudpickle.loads(cloudpickle.dumps(graph)), keys)
