"""A scheduler that pickles all tasks, as if they travelled to workers, at no cost."""

import cloudpickle
import dask


def pickled(graph, keys, **_):
    """Run a graph in this thread, once it has been pickled and read again."""
    return dask.get(cloudpickle.loads(cloudpickle.dumps(graph)), keys)
