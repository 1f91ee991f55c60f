"""Public names: sorted, complete, documented; and what an import costs."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import walk_packages

import pytest
from sklearn.base import BaseEstimator

import fairlearnkit
from fairlearnkit.utils.discovery import (
    all_estimators,
    all_functions,
    all_public,
    public_modules,
)

ROOT = Path(__file__).parents[1]
MODULES = public_modules()
PRIVATE = [
    info.name
    for info in walk_packages(fairlearnkit.__path__, "fairlearnkit.")
    if "._" in info.name
]
HEAVY = {"cvxpy", "pandas", "matplotlib", "torch", "polars", "skops"}
REFUSE_HEAVY = f"""
import sys

asked = []

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {HEAVY}:
            frame = sys._getframe(1)
            while "importlib" in frame.f_code.co_filename:
                frame = frame.f_back
            asked.append(frame.f_code.co_filename)
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse())
"""


def api_reference():
    spec = spec_from_file_location("api_reference", ROOT / "docs/api_reference.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.API_REFERENCE


def defined_or_imported(module):
    """Names that a public module binds to classes and functions of its own."""
    inside = module.__name__ + "."
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isroutine(value))
        and (value.__module__ + ".").startswith(inside)
    ]


def test_discovery_finds_the_packages():
    names = {module.__name__ for module in MODULES}
    assert names >= {
        "fairlearnkit",
        "fairlearnkit.constraints",
        "fairlearnkit.exceptions",
        "fairlearnkit.linear_model",
        "fairlearnkit.utils.discovery",
    }
    assert not any("._" in name for name in names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_all_is_sorted_and_complete(module):
    assert module.__all__ == sorted(module.__all__)
    assert [n for n in module.__all__ if not hasattr(module, n)] == []
    assert sorted(set(defined_or_imported(module)) - set(module.__all__)) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_every_public_module_says_what_it_is_for(module):
    first, _, _ = (module.__doc__ or "").partition("\n")
    assert len(first) > 10
    assert first.endswith(".")


@pytest.mark.parametrize("name", PRIVATE)
def test_estimators_of_private_modules_are_exported(name):
    own = [
        value
        for value in vars(import_module(name)).values()
        if inspect.isclass(value)
        and issubclass(value, BaseEstimator)
        and value.__module__ == name
        and not value.__name__.startswith(("_", "Base"))
    ]
    exported = {value for _, value in all_public()}
    assert [value for value in own if value not in exported] == []


def test_private_modules_hold_estimators():
    homes = {value.__module__ for _, value in all_estimators()}
    assert homes <= set(PRIVATE)


def test_api_reference_names_every_public_object_once():
    documented = [
        f"{section['module']}.{name}"
        for section in api_reference().values()
        for name in section["names"]
    ]
    assert sorted(documented) == [name for name, _ in all_public()]


def test_api_reference_sections_are_filled():
    for title, section in api_reference().items():
        assert set(section) == {"module", "description", "names"}, title
        assert section["description"].endswith("."), title


def modules_after(code):
    code += "\nimport sys; print(sorted(n for n, m in sys.modules.items() if m))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in ast.literal_eval(done.stdout)}


def test_import_loads_nothing_heavy():
    loaded = modules_after("import fairlearnkit")
    assert "fairlearnkit" in loaded
    assert loaded & HEAVY == set()


WITHOUT_HEAVY = f"""
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import {", ".join(module.__name__ for module in MODULES)}

assert not [path for path in opened if path.endswith((".xz", ".rst"))]
assert not [path for path in asked if "fairlearnkit" in path], asked
load = fairlearnkit.datasets.load_german_credit
assert load(as_frame=False).data.shape == (1000, 20)
display = fairlearnkit.inspection.TradeoffDisplay(score=[1], gap=[0], front=[0])
for call, extra in ((load, "examples"), (display.plot, "plot")):
    try:
        call()
    except ImportError as error:
        assert f"fairlearnkit[{{extra}}]" in str(error)
    else:
        raise AssertionError(extra)
"""


def test_public_modules_need_nothing_heavy():
    """They import nothing heavy and open no table; what needs it says what to install.

    scikit-learn imports pandas where it is installed, so pretend that it is not. All in
    one process: each one imports scikit-learn for seconds.
    """
    loaded = modules_after(REFUSE_HEAVY + WITHOUT_HEAVY)
    assert "sklearn" in loaded
    assert loaded & HEAVY == set()


def test_version_is_the_installed_one():
    from importlib.metadata import version

    assert fairlearnkit.__version__ == version("fairlearnkit")


def test_estimators_by_kind():
    kinds = ("classifier", "meta", "regressor", "transformer")
    by_kind = {pair for kind in kinds for pair in all_estimators(kind)}
    assert by_kind == set(all_estimators())
    assert "SensitiveColumns" in dict(all_estimators("meta"))
    assert "ParityRidge" in dict(all_estimators("regressor"))
    assert "ParityRidge" not in dict(all_estimators("classifier"))
    with pytest.raises(ValueError, match=r"type_filter='cluster'.*classifier"):
        all_estimators("cluster")


def test_functions_and_classes_are_all_there_is():
    functions = dict(all_functions())
    assert "fairlearnkit.metrics.score_gap" in functions
    rest = [value for name, value in all_public() if name not in functions]
    assert all(inspect.isclass(value) for value in rest)
