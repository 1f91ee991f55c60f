"""Probe the methods of one library and print one line of JSON for each property.

PYTHONPATH=. python benchmarks/peers/worker.py fairlearn
"""

import contextlib
import inspect
import io
import json
import logging
import sys
import warnings
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from probes import KEYS, PROBES, message


def probed(method, probe):
    """Verdict and remark; an error of the method is "no"."""
    key = KEYS.get(probe.__name__, probe.__name__)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict, remark = probe(method)
    except Exception as error:
        text = str(error) if type(error) is NotImplementedError else message(error)
        verdict, remark = "no", text
    known = dict(method.remarks if verdict == "yes" else method.elsewhere)
    if key in known and verdict != "n/a":
        word = "" if verdict == "yes" else "see "
        remark = "; ".join(filter(None, [remark, word + known[key]]))
    return verdict, remark


def library_lines(module):
    """What a library has, whichever of its methods is used; counted, not run."""
    metrics = import_module(module.METRICS)
    found = {
        name: getattr(metrics, name)
        for name in getattr(metrics, "__all__", dir(metrics))
        if name[0] != "_"
    }
    # Functions, and objects that are called like them, but nothing of other packages.
    names = [
        name
        for name, value in found.items()
        if callable(value)
        and not inspect.isclass(value)
        and getattr(value, "__module__", "").split(".")[0]
        == module.METRICS.split(".")[0]
    ]
    yield "metrics", str(len(names)), f"functions in {module.METRICS}"
    for label, modules in module.EXTRAS.items():
        found = [name for name in modules if find_spec(name)]
        yield label, "yes" if found else "no", ", ".join(found)


def main(name, probes=PROBES):
    """All methods of a library."""
    logging.disable()
    warnings.simplefilter("ignore")
    module = import_module(f"of_{name}")
    packages = (*module.VERSIONS, "scikit-learn")
    print(json.dumps({name: version(name) for name in packages}), flush=True)
    for label, verdict, remark in library_lines(module):
        print(json.dumps([module.METHODS[0].library, "", label, verdict, remark]))
    for method in module.METHODS:
        for label, probe in probes.items():
            verdict, remark = probed(method, probe)
            line = [method.library, method.name, label, verdict, remark]
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
